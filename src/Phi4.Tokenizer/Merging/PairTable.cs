// SPDX-License-Identifier: MIT
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Phi4.Tokenizer.Merging;

/// <summary>From a pair of neighbouring tokens to the rank of their merge: open addressing, one word an entry.</summary>
internal sealed class PairTable
{
    /// <summary>Ids stay below this, so that a pair and a rank fit one word, and three ids and an end mark another.</summary>
    public const int MaxIds = (1 << IdBits) - 1;

    /// <summary>Ranks stay below this.</summary>
    public const int MaxMerges = 1 << RankBits;

    /// <summary>The rank of a pair that does not merge.</summary>
    public const int NoMerge = int.MaxValue;

    private const int IdBits = 21;
    private const int RankBits = 22;
    private const ulong RankMask = MaxMerges - 1;
    private const ulong Free = ulong.MaxValue;
    private const ulong Multiplier = 0x9E3779B97F4A7C15;

    // Room for four times the entries: most look-ups find nothing, and those end at the first free slot.
    private const int SlotsPerEntry = 4;

    private ulong[] _slots;
    private int _shift;
    private int _count;

    public PairTable(int expectedCount)
    {
        _slots = [];
        Resize(expectedCount);
    }

    /// <summary>Sets the rank of a pair; a later call for the same pair wins.</summary>
    public void Set(int left, int right, int rank)
    {
        if (_count * 2 >= _slots.Length)
        {
            Resize(_count * 2);
        }

        Put(_slots, ((ulong)Key(left, right) << RankBits) | (uint)rank);
    }

    /// <summary>The rank, or <see cref="NoMerge"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Rank(int left, int right)
    {
        ulong key = Key(left, right);
        ulong[] slots = _slots;
        for (int i = (int)((key * Multiplier) >> _shift); ; i = (i + 1) & (slots.Length - 1))
        {
            ulong slot = slots[i];
            if (slot >> RankBits == key)
            {
                return (int)(slot & RankMask);
            }

            if (slot == Free)
            {
                return NoMerge;
            }
        }
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << IdBits) | (uint)right;

    private void Resize(int expectedCount)
    {
        var slots = new ulong[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(expectedCount, 16) * SlotsPerEntry)];
        slots.AsSpan().Fill(Free);
        _shift = 64 - BitOperations.Log2((uint)slots.Length);
        ulong[] old = _slots;
        _slots = slots;
        _count = 0;
        foreach (ulong slot in old)
        {
            if (slot != Free)
            {
                Put(slots, slot);
            }
        }
    }

    private void Put(ulong[] slots, ulong entry)
    {
        int i = (int)(((entry >> RankBits) * Multiplier) >> _shift);
        while (slots[i] != Free && slots[i] >> RankBits != entry >> RankBits)
        {
            i = (i + 1) & (slots.Length - 1);
        }

        _count += slots[i] == Free ? 1 : 0;
        slots[i] = entry;
    }
}
