// SPDX-License-Identifier: MIT
using System.Buffers.Binary;

namespace Phi4.Core.Weights.Gguf;

/// <summary>The super-blocks of 256 values, whose scales are themselves small integers times an F16.</summary>
/// <remarks>
/// d and e are F16, s and m scales and minima of a group, q an unsigned code:
/// <c>Q2_K: d s q - e m</c>, groups of 16;
/// <c>Q3_K: d (s - 32) (q - 4)</c>, groups of 16; <c>Q4_K, Q5_K: d s q - e m</c>, groups of 32; <c>Q6_K: d s (q - 32)</c>, groups of 16, s signed;
/// <c>IQ4_XS: d (s - 32) table[q]</c>, groups of 32. Products are exact in F32; a difference is rounded once.
/// </remarks>
internal static class GgufSuperBlocks
{
    /// <summary>Groups of Q4_K and Q5_K.</summary>
    public const int GroupCount = 8;

    // Where the parts of a block begin.
    private const int Q4Codes = 16, Q5HighBits = 16, Q5Codes = 48;
    private const int Q6HighBits = 128, Q6Scales = 192, Q6Factor = 208;
    private const int Q2Codes = 16, Q2Factors = 80;
    private const int Q3Codes = 32, Q3Scales = 96, Q3Factor = 108;

    public static void Dequantize(GgufType type, ReadOnlySpan<byte> block, Span<float> values)
    {
        switch (type)
        {
            case GgufType.Q2_K:
                Q2(block, values);
                break;
            case GgufType.Q3_K:
                Q3(block, values);
                break;
            case GgufType.Q4_K or GgufType.Q5_K:
                Q4OrQ5(type, block, values);
                break;
            case GgufType.Q6_K:
                Q6(block, values);
                break;
            case GgufType.IQ4_XS:
                Xs(block, values);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Not a super-block.");
        }
    }

    /// <summary>Q4_K, Q5_K: the 6-bit scale and minimum of a group, from the twelve bytes that hold eight of each.</summary>
    public static (int Scale, int Minimum) Packed(ReadOnlySpan<byte> packed, int group) => group < 4
        ? (packed[group] & 63, packed[group + 4] & 63)
        : ((packed[group + 4] & 15) | ((packed[group - 4] >> 6) << 4), (packed[group + 4] >> 4) | ((packed[group] >> 6) << 4));

    /// <summary>Q4_K, Q5_K: what a group's codes are multiplied with and what is taken away.</summary>
    public static (float Scale, float Minimum) Factors(ReadOnlySpan<byte> block, int group)
    {
        (int scale, int minimum) = Packed(block[4..], group);
        return (GgufBlocks.Half(block) * scale, GgufBlocks.Half(block[2..]) * minimum);
    }

    /// <summary>Q4_K, Q5_K: the thirty-two unsigned codes of a group.</summary>
    public static void Codes(GgufType type, ReadOnlySpan<byte> block, int group, Span<byte> codes)
    {
        bool five = type == GgufType.Q5_K;
        ReadOnlySpan<byte> nibbles = block.Slice((five ? Q5Codes : Q4Codes) + (group / 2 * GgufTypes.Block), GgufTypes.Block);
        int shift = group % 2 * 4;
        for (int j = 0; j < GgufTypes.Block; j++)
        {
            int high = five ? ((block[Q5HighBits + j] >> group) & 1) << 4 : 0;
            codes[j] = (byte)(((nibbles[j] >> shift) & 15) | high);
        }
    }

    /// <summary>IQ4_XS: what the table's values are multiplied with in a group.</summary>
    public static float XsScale(ReadOnlySpan<byte> block, int group)
    {
        int high = BinaryPrimitives.ReadUInt16LittleEndian(block[2..]);
        int scale = ((block[4 + (group / 2)] >> (group % 2 * 4)) & 15) | (((high >> (group * 2)) & 3) << 4);
        return GgufBlocks.Half(block) * (scale - 32);
    }

    /// <summary>IQ4_XS: the sixteen bytes that hold a group's codes.</summary>
    public static ReadOnlySpan<byte> XsNibbles(ReadOnlySpan<byte> block, int group) => block.Slice(8 + (group * 16), 16);

    private static void Q4OrQ5(GgufType type, ReadOnlySpan<byte> block, Span<float> values)
    {
        Span<byte> codes = stackalloc byte[GgufTypes.Block];
        for (int group = 0; group < GroupCount; group++)
        {
            (float scale, float minimum) = Factors(block, group);
            Codes(type, block, group, codes);
            for (int j = 0; j < codes.Length; j++)
            {
                values[(group * GgufTypes.Block) + j] = (scale * codes[j]) - minimum;
            }
        }
    }

    /// <summary>Each half of the block keeps four values l, l + 32, l + 64 and l + 96 in two bytes of low bits and one of high bits.</summary>
    private static void Q6(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = GgufBlocks.Half(block[Q6Factor..]);
        for (int half = 0; half < 2; half++)
        {
            ReadOnlySpan<byte> low = block.Slice(half * 64, 64), high = block.Slice(Q6HighBits + (half * 32), 32);
            for (int quarter = 0; quarter < 4; quarter++)
            {
                for (int l = 0; l < 32; l++)
                {
                    float scale = d * (sbyte)block[Q6Scales + (half * 8) + (quarter * 2) + (l / 16)];
                    int nibble = (low[l + (quarter % 2 * 32)] >> (quarter / 2 * 4)) & 15;
                    int code = nibble | (((high[l] >> (quarter * 2)) & 3) << 4);
                    values[(half * 128) + (quarter * 32) + l] = scale * (code - 32);
                }
            }
        }
    }

    /// <summary>Each half of the block keeps the values l, l + 32, l + 64 and l + 96 in one byte, two bits each; so does <see cref="Q3"/>.</summary>
    private static void Q2(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = GgufBlocks.Half(block[Q2Factors..]), e = GgufBlocks.Half(block[(Q2Factors + 2)..]);
        for (int i = 0; i < values.Length; i++)
        {
            byte packed = block[i / 16];
            int code = (block[Q2Codes + (i / 128 * 32) + (i % 32)] >> (i % 128 / 32 * 2)) & 3;
            values[i] = (d * (packed & 15) * code) - (e * (packed >> 4));
        }
    }

    /// <summary>The third bit of values l, l + 32, … l + 224 is in byte l of the mask.</summary>
    private static void Q3(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = GgufBlocks.Half(block[Q3Factor..]);
        ReadOnlySpan<byte> scales = block.Slice(Q3Scales, 12);
        for (int i = 0; i < values.Length; i++)
        {
            int group = i / 16;
            int scale = ((scales[group % 8] >> (group / 8 * 4)) & 15) | (((scales[8 + (group % 4)] >> (group / 4 * 2)) & 3) << 4);
            int code = ((block[Q3Codes + (i / 128 * 32) + (i % 32)] >> (i % 128 / 32 * 2)) & 3) | (((block[i % 32] >> (i / 32)) & 1) << 2);
            values[i] = d * (scale - 32) * (code - 4);
        }
    }

    private static void Xs(ReadOnlySpan<byte> block, Span<float> values)
    {
        for (int group = 0; group < GroupCount; group++)
        {
            GgufBlocks.FromTable(XsNibbles(block, group), XsScale(block, group), values.Slice(group * GgufTypes.Block, GgufTypes.Block));
        }
    }
}
