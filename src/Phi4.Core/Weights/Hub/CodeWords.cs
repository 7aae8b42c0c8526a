// SPDX-License-Identifier: MIT
using System.Buffers.Binary;

namespace Phi4.Core.Weights.Hub;

/// <summary>Words of 32 bits that hold eight codes of 4 bits or four of 8, the first in the lowest bits.</summary>
internal static class CodeWords
{
    public static int PerWord(int bits) => 32 / bits;

    /// <summary>A code for every value, that value the middle one.</summary>
    public static uint All(uint code, int bits) => bits == 4 ? code * 0x11111111u : code * 0x01010101u;

    /// <summary>Writes a word's codes as bytes, in order.</summary>
    public static void Spread(uint word, int bits, Span<byte> codes)
    {
        if (bits == 8)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(codes, word);
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(codes, Nibbles(word));
        }
    }

    /// <summary>Eight codes of 4 bits, a byte each, the lowest first.</summary>
    public static ulong Nibbles(uint word)
    {
        // Halves move apart: words, bytes, then nibbles.
        ulong spread = (word | ((ulong)word << 16)) & 0x0000FFFF0000FFFF;
        spread = (spread | (spread << 8)) & 0x00FF00FF00FF00FF;
        return (spread | (spread << 4)) & 0x0F0F0F0F0F0F0F0F;
    }

    /// <summary>Code number <paramref name="index"/> of a word.</summary>
    public static int Code(uint word, int bits, int index) => (int)((word >> (index * bits)) & ((1u << bits) - 1));
}
