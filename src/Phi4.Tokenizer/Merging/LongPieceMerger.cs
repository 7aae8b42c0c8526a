// SPDX-License-Identifier: MIT
using System.Buffers;
using System.Numerics;

namespace Phi4.Tokenizer.Merging;

/// <summary>
/// Merging of long pieces in near-linear time. Every position whose pair can merge hangs in the list of its rank, a bitmap in two levels tells
/// the lowest rank that has a list, and all pairs of one rank merge in one sweep from left to right.
/// </summary>
internal ref struct LongPieceMerger
{
    private const int Nil = -1;

    private readonly MergeRules _rules;
    private readonly int[] _rented;
    private readonly int[] _rentedHeads;
    private readonly ulong[] _rentedBits;
    private readonly int _count;

    // By position: the token that starts here, its neighbours, the rank of its pair, its neighbours in that rank's list.
    private readonly Span<int> _ids;
    private readonly Span<int> _next;
    private readonly Span<int> _previous;
    private readonly Span<int> _ranks;
    private readonly Span<int> _listNext;
    private readonly Span<int> _listPrevious;

    // The positions of the rank at work.
    private readonly Span<int> _sweep;

    // By rank: the first position of its list. Valid only where the bitmap says so, so it needs no clearing.
    private readonly Span<int> _heads;
    private readonly Span<ulong> _bits;
    private readonly Span<ulong> _summary;

    private LongPieceMerger(MergeRules rules, ReadOnlySpan<byte> piece)
    {
        _rules = rules;
        _count = piece.Length;
        int words = (rules.MergedIds.Length + 63) / 64, summaryWords = (words + 63) / 64;
        _rented = ArrayPool<int>.Shared.Rent(checked(_count * 7));
        _rentedHeads = ArrayPool<int>.Shared.Rent(Math.Max(1, rules.MergedIds.Length));
        _rentedBits = ArrayPool<ulong>.Shared.Rent(Math.Max(1, words + summaryWords));
        _ids = Part(0);
        _next = Part(1);
        _previous = Part(2);
        _ranks = Part(3);
        _listNext = Part(4);
        _listPrevious = Part(5);
        _sweep = Part(6);
        _heads = _rentedHeads;
        _bits = _rentedBits.AsSpan(0, words);
        _summary = _rentedBits.AsSpan(words, summaryWords);
        _bits.Clear();
        _summary.Clear();

        // From right to left, so that the lists rise.
        for (int i = _count - 1; i >= 0; i--)
        {
            _ids[i] = rules.ByteIds[piece[i]];
            _next[i] = i + 1;
            _previous[i] = i - 1;
            _ranks[i] = PairTable.NoMerge;
            if (i + 1 < _count)
            {
                Link(i, rules.ByteRank(piece[i], piece[i + 1]));
            }
        }
    }

    /// <summary>Appends the tokens of a piece.</summary>
    public static void Merge(MergeRules rules, ReadOnlySpan<byte> piece, ref TokenBuffer output)
    {
        var merger = new LongPieceMerger(rules, piece);
        try
        {
            for (int rank = merger.LowestRank(); rank != Nil; rank = merger.LowestRank())
            {
                merger.Sweep(rank);
            }

            for (int i = 0; i < merger._count; i = merger._next[i])
            {
                output.Add(merger._ids[i]);
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(merger._rented);
            ArrayPool<int>.Shared.Return(merger._rentedHeads);
            ArrayPool<ulong>.Shared.Return(merger._rentedBits);
        }
    }

    private readonly Span<int> Part(int index) => _rented.AsSpan(index * _count, _count);

    /// <summary>Merges every pair of one rank, unless a merge makes a pair of a lower one, which then goes first.</summary>
    private readonly void Sweep(int rank)
    {
        int length = 0;
        bool rises = true;
        for (int i = _heads[rank]; i != Nil; i = _listNext[i])
        {
            rises &= length == 0 || _sweep[length - 1] < i;
            _sweep[length++] = i;
        }

        Span<int> positions = _sweep[..length];
        if (!rises)
        {
            positions.Sort();
        }

        int merged = _rules.MergedIds[rank];
        foreach (int left in positions)
        {
            // An overlapping pair further left may have taken this one away, as in "aaa".
            if (_ranks[left] != rank)
            {
                continue;
            }

            Unlink(left);
            int right = _next[left];
            Unlink(right);
            int after = _next[right], before = _previous[left];
            _ids[left] = merged;
            _next[left] = after;
            int lowest = PairTable.NoMerge;
            if (after < _count)
            {
                _previous[after] = left;
                int found = _rules.Pairs.Rank(merged, _ids[after]);
                Link(left, found);
                lowest = found;
            }

            if (before >= 0)
            {
                int found = _rules.Pairs.Rank(_ids[before], merged);
                Unlink(before);
                Link(before, found);
                lowest = Math.Min(lowest, found);
            }

            if (lowest < rank)
            {
                return;
            }
        }
    }

    private readonly int LowestRank()
    {
        for (int i = 0; i < _summary.Length; i++)
        {
            if (_summary[i] != 0)
            {
                int word = (i * 64) + BitOperations.TrailingZeroCount(_summary[i]);
                return (word * 64) + BitOperations.TrailingZeroCount(_bits[word]);
            }
        }

        return Nil;
    }

    private readonly void Link(int position, int rank)
    {
        _ranks[position] = rank;
        if (rank == PairTable.NoMerge)
        {
            return;
        }

        ref ulong word = ref _bits[rank >> 6];
        ulong bit = 1UL << (rank & 63);
        int head = (word & bit) == 0 ? Nil : _heads[rank];
        if (head != Nil)
        {
            _listPrevious[head] = position;
        }

        word |= bit;
        _summary[rank >> 12] |= 1UL << ((rank >> 6) & 63);
        _listNext[position] = head;
        _listPrevious[position] = Nil;
        _heads[rank] = position;
    }

    private readonly void Unlink(int position)
    {
        int rank = _ranks[position];
        if (rank == PairTable.NoMerge)
        {
            return;
        }

        _ranks[position] = PairTable.NoMerge;
        int before = _listPrevious[position], after = _listNext[position];
        if (after != Nil)
        {
            _listPrevious[after] = before;
        }

        if (before != Nil)
        {
            _listNext[before] = after;
            return;
        }

        _heads[rank] = after;
        if (after == Nil)
        {
            ref ulong word = ref _bits[rank >> 6];
            word &= ~(1UL << (rank & 63));
            if (word == 0)
            {
                _summary[rank >> 12] &= ~(1UL << ((rank >> 6) & 63));
            }
        }
    }
}
