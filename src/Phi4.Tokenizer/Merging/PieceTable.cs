// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Phi4.Tokenizer.Merging;

/// <summary>
/// From the bytes of a whole piece to its token. Pieces of up to 15 bytes are compared as one or two words whose top byte is the length;
/// longer ones against the vocabulary's bytes.
/// </summary>
internal sealed class PieceTable
{
    /// <summary>What a look-up gives for a piece that is no token.</summary>
    public const int None = -1;

    private const int SmallLimit = 7;
    private const int MiddleLimit = 15;
    private const ulong Multiplier = 0x9E3779B97F4A7C15;
    private const ulong SecondMultiplier = 0xC2B2AE3D27D4EB4F;
    private const int SlotsPerEntry = 3;

    private readonly Entry[] _small;
    private readonly WideEntry[] _middle;
    private readonly int[] _long;
    private readonly int _smallShift;
    private readonly int _middleShift;
    private readonly int _longShift;
    private readonly TokenBytes _tokens;

    /// <param name="tokens">The bytes of all tokens.</param>
    /// <param name="ids">Those that a whole piece may become.</param>
    public PieceTable(TokenBytes tokens, IReadOnlyCollection<int> ids)
    {
        _tokens = tokens;
        int small = ids.Count(id => tokens[id].Length <= SmallLimit);
        int middle = ids.Count(id => tokens[id].Length is > SmallLimit and <= MiddleLimit);
        _small = new Entry[SlotCount(small, out _smallShift)];
        _middle = new WideEntry[SlotCount(middle, out _middleShift)];
        _long = new int[SlotCount(ids.Count - small - middle, out _longShift)];
        _long.AsSpan().Fill(None);
        Span<byte> padded = stackalloc byte[16];
        foreach (int id in ids)
        {
            ReadOnlySpan<byte> bytes = tokens[id];
            if (bytes.Length > MiddleLimit)
            {
                AddLong(bytes, id);
                continue;
            }

            padded.Clear();
            bytes.CopyTo(padded);
            if (bytes.Length <= SmallLimit)
            {
                AddSmall(SmallKey(padded, bytes.Length), id);
            }
            else
            {
                MiddleKey(padded, bytes.Length, out ulong low, out ulong high);
                AddMiddle(low, high, id);
            }
        }
    }

    /// <summary>The token of these bytes, or <see cref="None"/>.</summary>
    /// <param name="text">Readable for 16 bytes from <paramref name="start"/>.</param>
    /// <param name="start">The piece's first byte.</param>
    /// <param name="length">Its length, at least one.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(ReadOnlySpan<byte> text, int start, int length)
    {
        if (length > SmallLimit)
        {
            return length > MiddleLimit ? FindLong(text.Slice(start, length)) : FindMiddle(text[start..], length);
        }

        ulong key = SmallKey(text[start..], length);
        Entry[] slots = _small;
        for (int i = (int)((key * Multiplier) >> _smallShift); ; i = (i + 1) & (slots.Length - 1))
        {
            ref readonly Entry slot = ref slots[i];
            if (slot.Key == key)
            {
                return slot.Id;
            }

            if (slot.Key == 0)
            {
                return None;
            }
        }
    }

    private int FindMiddle(ReadOnlySpan<byte> text, int length)
    {
        MiddleKey(text, length, out ulong low, out ulong high);
        WideEntry[] slots = _middle;
        for (int i = MiddleSlot(low, high); ; i = (i + 1) & (slots.Length - 1))
        {
            ref readonly WideEntry slot = ref slots[i];
            if (slot.High == high && slot.Low == low)
            {
                return slot.Id;
            }

            if (slot.High == 0)
            {
                return None;
            }
        }
    }

    private int FindLong(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _tokens.LongestBytes)
        {
            return None;
        }

        for (int i = LongSlot(bytes); _long[i] != None; i = (i + 1) & (_long.Length - 1))
        {
            if (_tokens[_long[i]].SequenceEqual(bytes))
            {
                return _long[i];
            }
        }

        return None;
    }

    private void AddSmall(ulong key, int id)
    {
        int i = (int)((key * Multiplier) >> _smallShift);
        while (_small[i].Key != 0)
        {
            i = (i + 1) & (_small.Length - 1);
        }

        _small[i] = new Entry(key, id);
    }

    private void AddMiddle(ulong low, ulong high, int id)
    {
        int i = MiddleSlot(low, high);
        while (_middle[i].High != 0)
        {
            i = (i + 1) & (_middle.Length - 1);
        }

        _middle[i] = new WideEntry(low, high, id);
    }

    private void AddLong(ReadOnlySpan<byte> bytes, int id)
    {
        int i = LongSlot(bytes);
        while (_long[i] != None)
        {
            i = (i + 1) & (_long.Length - 1);
        }

        _long[i] = id;
    }

    private static ulong SmallKey(ReadOnlySpan<byte> text, int length) =>
        (BinaryPrimitives.ReadUInt64LittleEndian(text) & ((1UL << (length * 8)) - 1)) | ((ulong)length << 56);

    private static void MiddleKey(ReadOnlySpan<byte> text, int length, out ulong low, out ulong high)
    {
        low = BinaryPrimitives.ReadUInt64LittleEndian(text);
        high = (BinaryPrimitives.ReadUInt64LittleEndian(text[8..]) & ((1UL << ((length - 8) * 8)) - 1)) | ((ulong)length << 56);
    }

    private int MiddleSlot(ulong low, ulong high) => (int)(((low * Multiplier) ^ BitOperations.RotateLeft(high * SecondMultiplier, 32)) * Multiplier >> _middleShift);

    private int LongSlot(ReadOnlySpan<byte> bytes)
    {
        ulong hash = (ulong)bytes.Length;
        for (int i = 0; i + 8 < bytes.Length; i += 8)
        {
            hash = BitOperations.RotateLeft((hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes[i..])) * Multiplier, 29);
        }

        hash ^= BinaryPrimitives.ReadUInt64LittleEndian(bytes[^8..]);
        return (int)((hash * Multiplier) >> _longShift);
    }

    private static int SlotCount(int entries, out int shift)
    {
        int slots = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(entries, 8) * SlotsPerEntry);
        shift = 64 - BitOperations.Log2((uint)slots);
        return slots;
    }

    private readonly record struct Entry(ulong Key, int Id);

    private readonly record struct WideEntry(ulong Low, ulong High, int Id);
}
