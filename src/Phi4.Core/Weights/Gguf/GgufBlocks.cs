// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using Phi4.Kernels;

namespace Phi4.Core.Weights.Gguf;

/// <summary>What the numbers of a GGUF tensor are worth: whole blocks to F32.</summary>
/// <remarks>
/// Little endian; d, m are F16, q an unsigned code, a product is rounded before a sum. Blocks of 32 keep value j in the low half and value 16 + j in the
/// high half of byte j:
/// <c>Q4_0: d (q - 8)</c>; <c>Q4_1: d q + m</c>; <c>Q5_0: d (q - 16)</c> and <c>Q5_1: d q + m</c>, with the fifth bit of value j as bit j of a word of
/// 32; <c>Q8_0: d q</c>, q signed; <c>IQ4_NL: d table[q]</c>. The super-blocks are in <see cref="GgufSuperBlocks"/>.
/// All but the two with a minimum m are exact in F32; those round the sum once.
/// </remarks>
internal static class GgufBlocks
{
    private const int HalfBlock = GgufTypes.Block / 2;

    /// <summary>The sixteen values of IQ4_NL and IQ4_XS: finer near zero.</summary>
    public static ReadOnlySpan<sbyte> NonLinear => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    /// <summary>Values of whole blocks.</summary>
    /// <param name="type">How the bytes are to be read.</param>
    /// <param name="bytes">As many blocks as <paramref name="values"/> takes.</param>
    /// <param name="values">A multiple of the type's block.</param>
    public static void Dequantize(GgufType type, ReadOnlySpan<byte> bytes, Span<float> values)
    {
        int blockValues = type.ValuesPerBlock(), blockBytes = type.BytesPerBlock();
        bytes = bytes[..checked(values.Length / blockValues * blockBytes)];
        if (type is GgufType.F32 or GgufType.F16 or GgufType.BF16)
        {
            FloatCodec.Widen(bytes, FloatType(type)!.Value, values);
            return;
        }

        for (; !values.IsEmpty; values = values[blockValues..], bytes = bytes[blockBytes..])
        {
            Block(type, bytes[..blockBytes], values[..blockValues]);
        }
    }

    /// <summary>The element type of plain floats, null for blocks.</summary>
    public static DType? FloatType(GgufType type) => type switch
    {
        GgufType.F32 => DType.F32,
        GgufType.F16 => DType.F16,
        GgufType.BF16 => DType.BF16,
        _ => null,
    };

    public static float Half(ReadOnlySpan<byte> bytes) => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes);

    /// <summary>A block's codes of four or five bits, unsigned, in the order of their values.</summary>
    /// <param name="nibbles">Low four bits: value j in the low half of byte j, value 16 + j in its high half.</param>
    /// <param name="fifthBits">Bit j is bit 4 of value j; 0 for four-bit codes.</param>
    /// <param name="codes">Thirty-two codes.</param>
    public static void Codes(ReadOnlySpan<byte> nibbles, uint fifthBits, Span<byte> codes)
    {
        for (int j = 0; j < HalfBlock; j++)
        {
            codes[j] = (byte)((nibbles[j] & 15u) | (((fifthBits >> j) & 1) << 4));
            codes[j + HalfBlock] = (byte)(((uint)nibbles[j] >> 4) | (((fifthBits >> (j + HalfBlock)) & 1) << 4));
        }
    }

    private static void Block(GgufType type, ReadOnlySpan<byte> block, Span<float> values)
    {
        switch (type)
        {
            case GgufType.Q4_0:
                Linear(block[2..], 0, Half(block), -8, 0, values);
                break;
            case GgufType.Q4_1:
                Linear(block[4..], 0, Half(block), 0, Half(block[2..]), values);
                break;
            case GgufType.Q5_0:
                Linear(block[6..], BinaryPrimitives.ReadUInt32LittleEndian(block[2..]), Half(block), -16, 0, values);
                break;
            case GgufType.Q5_1:
                Linear(block[8..], BinaryPrimitives.ReadUInt32LittleEndian(block[4..]), Half(block), 0, Half(block[2..]), values);
                break;
            case GgufType.Q8_0:
                float d = Half(block);
                for (int j = 0; j < values.Length; j++)
                {
                    values[j] = d * (sbyte)block[2 + j];
                }

                break;
            case GgufType.IQ4_NL:
                FromTable(block[2..], Half(block), values);
                break;
            default:
                GgufSuperBlocks.Dequantize(type, block, values);
                break;
        }
    }

    /// <summary>Thirty-two values of a codebook.</summary>
    public static void FromTable(ReadOnlySpan<byte> nibbles, float scale, Span<float> values)
    {
        for (int j = 0; j < HalfBlock; j++)
        {
            values[j] = scale * NonLinear[nibbles[j] & 15];
            values[j + HalfBlock] = scale * NonLinear[nibbles[j] >> 4];
        }
    }

    private static void Linear(ReadOnlySpan<byte> nibbles, uint fifthBits, float scale, int zero, float minimum, Span<float> values)
    {
        Span<byte> codes = stackalloc byte[GgufTypes.Block];
        Codes(nibbles, fifthBits, codes);
        for (int j = 0; j < values.Length; j++)
        {
            float product = scale * (codes[j] + zero);
            values[j] = minimum == 0 ? product : product + minimum;
        }
    }
}
