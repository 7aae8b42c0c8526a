// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Kernels.Cpu;

/// <summary>
/// The pieces of [0, total). Each share has a stretch of its own and takes it front to back, so that it reads memory in one stream; a share that
/// has done its own takes pieces from the ends of the others'. A share that has lost its processor to somebody else so costs its share of the time and not
/// everybody's. Which share gets which piece differs from run to run: only for work whose pieces do not depend on each other.
/// </summary>
internal sealed class WorkClaims
{
    private Stretch[] _stretches = [];
    private int _shareCount;
    private int _total;
    private int _piece = 1;

    /// <summary>Offers [0, <paramref name="total"/>) in pieces of <paramref name="piece"/>, the last perhaps shorter. Before the job, by its caller.</summary>
    public void Reset(int total, int piece, int shareCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(total);
        ArgumentOutOfRangeException.ThrowIfLessThan(piece, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(shareCount, 1);
        if (_stretches.Length < shareCount)
        {
            _stretches = new Stretch[shareCount];
        }

        (_total, _piece, _shareCount) = (total, piece, shareCount);
        long pieces = ((long)total + piece - 1) / piece;
        for (int share = 0; share < shareCount; share++)
        {
            _stretches[share].Pieces = Pack(pieces * share / shareCount, pieces * (share + 1) / shareCount);
        }
    }

    /// <summary>The next piece [<paramref name="start"/>, <paramref name="end"/>) for this share; false when none is left anywhere. Any thread.</summary>
    public bool TryTake(int share, out int start, out int end)
    {
        bool found = TryTakeFirst(ref _stretches[share].Pieces, out long piece);
        for (int i = 1; !found && i < _shareCount; i++)
        {
            found = TryTakeLast(ref _stretches[(share + i) % _shareCount].Pieces, out piece);
        }

        start = found ? (int)(piece * _piece) : _total;
        end = (int)Math.Min((long)start + _piece, _total);
        return found;
    }

    private static bool TryTakeFirst(ref long pieces, out long piece)
    {
        while (true)
        {
            long seen = Volatile.Read(ref pieces);
            (piece, long end) = Unpack(seen);
            if (piece >= end)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref pieces, Pack(piece + 1, end), seen) == seen)
            {
                return true;
            }
        }
    }

    private static bool TryTakeLast(ref long pieces, out long piece)
    {
        while (true)
        {
            long seen = Volatile.Read(ref pieces);
            (long first, long end) = Unpack(seen);
            piece = end - 1;
            if (first >= end)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref pieces, Pack(first, piece), seen) == seen)
            {
                return true;
            }
        }
    }

    // The first piece that is left in the lower half, the end of those that are left in the upper.
    private static long Pack(long first, long end) => (end << 32) | first;

    private static (long First, long End) Unpack(long pieces) => (pieces & uint.MaxValue, pieces >> 32);

    /// <summary>What is left of a share's stretch, alone in its cache lines: its share writes it all the time.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 2 * CacheLine)]
    private struct Stretch
    {
        private const int CacheLine = 64;

        [FieldOffset(CacheLine)]
        public long Pieces;
    }
}
