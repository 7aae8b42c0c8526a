// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Phi4.Tokenizer.Merging;

/// <summary>
/// Byte-pair merging: the pair of lowest rank merges first, the leftmost of equals. Short pieces are searched for their lowest rank by vectors;
/// long ones keep their pairs sorted by rank (<see cref="LongPieceMerger"/>).
/// </summary>
internal static class BytePairMerger
{
    /// <summary>Pieces up to this many bytes are merged on the stack; below 256, for a position takes the low byte of a search key.</summary>
    public const int ShortLimit = 192;

    private const int PositionBits = 8;
    private const uint NoKey = uint.MaxValue;

    // Keys hold a rank above the position, so ranks must fit what is left.
    private const int MaxShortRank = 1 << (32 - PositionBits);

    /// <summary>Appends the tokens of a piece.</summary>
    public static void Merge(MergeRules rules, ReadOnlySpan<byte> piece, ref TokenBuffer output)
    {
        if (piece.Length > ShortLimit)
        {
            LongPieceMerger.Merge(rules, piece, ref output);
        }
        else if (piece.Length == 1)
        {
            output.Add(rules.ByteIds[piece[0]]);
        }
        else
        {
            MergeShort(rules, piece, ref output);
        }
    }

    private static void MergeShort(MergeRules rules, ReadOnlySpan<byte> piece, ref TokenBuffer output)
    {
        System.Diagnostics.Debug.Assert(PairTable.MaxMerges <= MaxShortRank, "A rank and a position share 32 bits.");
        int count = piece.Length;
        int padded = (count + Vector256<uint>.Count - 1) & -Vector256<uint>.Count;
        Span<uint> keys = stackalloc uint[padded];
        Span<int> ids = stackalloc int[padded];
        Span<byte> next = stackalloc byte[padded];
        Span<byte> previous = stackalloc byte[padded];
        for (int i = 0; i < count; i++)
        {
            ids[i] = rules.ByteIds[piece[i]];
            next[i] = (byte)(i + 1);
            previous[i] = (byte)(i - 1);
            keys[i] = i + 1 < count ? Key(rules.ByteRank(piece[i], piece[i + 1]), i) : NoKey;
        }

        keys[count..].Fill(NoKey);
        for (uint lowest = Lowest(keys); lowest != NoKey; lowest = Lowest(keys))
        {
            int left = (int)(lowest & ((1 << PositionBits) - 1)), right = next[left];
            ids[left] = rules.MergedIds[lowest >> PositionBits];
            int after = next[right];
            next[left] = (byte)after;
            keys[right] = NoKey;
            if (after < count)
            {
                previous[after] = (byte)left;
                keys[left] = Key(rules.Pairs.Rank(ids[left], ids[after]), left);
            }
            else
            {
                keys[left] = NoKey;
            }

            if (left > 0)
            {
                int before = previous[left];
                keys[before] = Key(rules.Pairs.Rank(ids[before], ids[left]), before);
            }
        }

        for (int i = 0; i < count; i = next[i])
        {
            output.Add(ids[i]);
        }
    }

    private static uint Key(int rank, int position) => rank == PairTable.NoMerge ? NoKey : ((uint)rank << PositionBits) | (uint)position;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Lowest(ReadOnlySpan<uint> keys)
    {
        Vector256<uint> lowest = Vector256<uint>.AllBitsSet;
        for (int i = 0; i < keys.Length; i += Vector256<uint>.Count)
        {
            lowest = Vector256.Min(lowest, Vector256.Create(keys.Slice(i, Vector256<uint>.Count)));
        }

        Vector128<uint> half = Vector128.Min(lowest.GetLower(), lowest.GetUpper());
        half = Vector128.Min(half, Vector128.Shuffle(half, Vector128.Create(2u, 3, 0, 1)));
        half = Vector128.Min(half, Vector128.Shuffle(half, Vector128.Create(1u, 0, 3, 2)));
        return half.ToScalar();
    }
}
