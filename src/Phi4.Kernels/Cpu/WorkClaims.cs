// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Kernels.Cpu;

/// <summary>
/// The pieces of [0, total), handed to whoever asks next. A share that has lost its processor to somebody else asks less often, so it costs its
/// share of the time and not everybody's. Which share gets which piece differs from run to run: only for work whose pieces do not depend on each other.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 3 * CacheLine)]
internal sealed class WorkClaims
{
    private const int CacheLine = 64;

    // Alone in its cache line: every share writes it.
    [FieldOffset(CacheLine)]
    private int _taken;

    [FieldOffset(2 * CacheLine)]
    private int _total;

    [FieldOffset((2 * CacheLine) + sizeof(int))]
    private int _piece = 1;

    /// <summary>Offers [0, <paramref name="total"/>) in pieces of <paramref name="piece"/>, the last perhaps shorter. Before the job, by its caller.</summary>
    public void Reset(int total, int piece)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(total);
        ArgumentOutOfRangeException.ThrowIfLessThan(piece, 1);
        _total = total;
        _piece = piece;
        _taken = 0;
    }

    /// <summary>The next piece [<paramref name="start"/>, <paramref name="end"/>); false when none is left. Any thread.</summary>
    public bool TryTake(out int start, out int end)
    {
        // Counts pieces, not elements: shares that ask in vain cannot carry it past the largest integer.
        long first = (long)(Interlocked.Increment(ref _taken) - 1) * _piece;
        start = (int)Math.Min(first, _total);
        end = (int)Math.Min(first + _piece, _total);
        return start < end;
    }
}
