// SPDX-License-Identifier: MIT
namespace Phi4.Core.Weights.Gguf;

/// <summary>The simple values of GGUF metadata: integers become <see cref="long"/>, floats <see cref="double"/>.</summary>
internal static class GgufScalars
{
    public const uint TextType = 8;
    public const uint ListType = 9;

    private const uint F32 = 6;
    private const uint Boolean = 7;
    private const uint U64 = 10;
    private const uint F64 = 12;

    // By type number; 0 for text and list, which have no fixed size.
    private static ReadOnlySpan<byte> Sizes => [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];

    public static object Read(ref GgufCursor cursor, uint type, string key)
    {
        ulong bits = Bits(ref cursor, type, SizeOf(cursor, type, key), key);
        return type switch
        {
            F32 or F64 => Float(type, bits),
            Boolean => Truth(cursor, bits, key),
            _ => Integer(cursor, type, bits, key),
        };
    }

    public static Array ReadList(ref GgufCursor cursor, uint type, string key)
    {
        int size = SizeOf(cursor, type, key);
        int count = cursor.Count(key, size);
        double[]? floats = type is F32 or F64 ? new double[count] : null;
        bool[]? truths = type == Boolean ? new bool[count] : null;
        long[] integers = floats is null && truths is null ? new long[count] : [];
        for (int i = 0; i < count; i++)
        {
            ulong bits = Bits(ref cursor, type, size, key);
            if (floats is not null)
            {
                floats[i] = Float(type, bits);
            }
            else if (truths is not null)
            {
                truths[i] = Truth(cursor, bits, key);
            }
            else
            {
                integers[i] = Integer(cursor, type, bits, key);
            }
        }

        return floats ?? (Array?)truths ?? integers;
    }

    private static int SizeOf(GgufCursor cursor, uint type, string key)
    {
        int size = type < Sizes.Length ? Sizes[(int)type] : 0;
        return size > 0 ? size : throw cursor.Bad(key, "a known type of value, no list of lists", $"type {type}");
    }

    private static ulong Bits(ref GgufCursor cursor, uint type, int size, string key)
    {
        ReadOnlySpan<byte> bytes = cursor.Take(size, key);
        ulong bits = 0;
        for (int i = size - 1; i >= 0; i--)
        {
            bits = (bits << 8) | bytes[i];
        }

        // Signed types have odd numbers: 1, 3, 5, 11.
        int unused = 64 - (8 * size);
        return type is 1 or 3 or 5 ? (ulong)((long)(bits << unused) >> unused) : bits;
    }

    private static double Float(uint type, ulong bits) => type == F32 ? BitConverter.UInt32BitsToSingle((uint)bits) : BitConverter.UInt64BitsToDouble(bits);

    private static bool Truth(GgufCursor cursor, ulong bits, string key) => bits <= 1 ? bits == 1 : throw cursor.Bad(key, "a byte 0 or 1", $"{bits}");

    private static long Integer(GgufCursor cursor, uint type, ulong bits, string key) =>
        type != U64 || bits <= long.MaxValue ? (long)bits : throw cursor.Bad(key, "an integer below 2^63", $"{bits}");
}
