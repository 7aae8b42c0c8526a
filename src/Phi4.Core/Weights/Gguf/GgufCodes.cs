// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using Phi4.Kernels;

namespace Phi4.Core.Weights.Gguf;

/// <summary>
/// GGUF blocks as codes, scales and offsets for <see cref="BlockLayout"/>. Nothing is lost for Q4_0, Q4_1, IQ4_NL, Q5_0 and Q8_0. Of Q4_K and IQ4_XS the
/// codes are kept and the products of their scales rounded to F16. The others become 8-bit codes anew, each value at most half a step off, a step being
/// the block's largest value over 127.
/// </summary>
internal static class GgufCodes
{
    private const int Block = BlockLayout.BlockSize;
    private const int Q4Zero = 8;
    private const int Q5Zero = 16;

    private static readonly Vector128<sbyte> Unsigned = Vector128.Create(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    private static readonly Vector128<sbyte> Centered = Unsigned - Vector128.Create((sbyte)Q4Zero);
    private static readonly Vector128<sbyte> NonLinear = Vector128.Create(GgufBlocks.NonLinear);

    /// <summary>What a type becomes; null for floats.</summary>
    public static BlockFormat? FormatOf(GgufType type) => type switch
    {
        GgufType.F32 or GgufType.F16 or GgufType.BF16 => null,
        GgufType.Q4_0 => new(WeightFormat.Int4, HasOffsets: false, Centered),
        GgufType.Q4_1 => new(WeightFormat.Int4, HasOffsets: true, Unsigned),
        GgufType.Q4_K => new(WeightFormat.Int4, HasOffsets: true, Centered),
        GgufType.IQ4_NL or GgufType.IQ4_XS => new(WeightFormat.Int4, HasOffsets: false, NonLinear),
        _ => new(WeightFormat.Int8),
    };

    /// <summary>A row.</summary>
    /// <param name="type">How the bytes are to be read.</param>
    /// <param name="bytes">The row's blocks.</param>
    /// <param name="codes">A code a value.</param>
    /// <param name="scales">A scale for every 32 values.</param>
    /// <param name="offsets">An offset for every 32 values, where the format has offsets.</param>
    public static void Read(GgufType type, ReadOnlySpan<byte> bytes, Span<byte> codes, Span<Half> scales, Span<Half> offsets)
    {
        int blocks = codes.Length / Block, blockBytes = type.BytesPerBlock(), perBlock = type.ValuesPerBlock() / Block;
        for (int i = 0; i < blocks; i++)
        {
            ReadOnlySpan<byte> block = bytes.Slice(i / perBlock * blockBytes, blockBytes);
            Span<byte> found = codes.Slice(i * Block, Block);
            switch (type)
            {
                case GgufType.Q4_0 or GgufType.IQ4_NL:
                    scales[i] = BinaryPrimitives.ReadHalfLittleEndian(block);
                    GgufBlocks.Codes(block[2..], 0, found);
                    break;
                case GgufType.Q4_1:
                    scales[i] = BinaryPrimitives.ReadHalfLittleEndian(block);
                    offsets[i] = BinaryPrimitives.ReadHalfLittleEndian(block[2..]);
                    GgufBlocks.Codes(block[4..], 0, found);
                    break;
                case GgufType.Q5_0:
                    scales[i] = BinaryPrimitives.ReadHalfLittleEndian(block);
                    GgufBlocks.Codes(block[6..], BinaryPrimitives.ReadUInt32LittleEndian(block[2..]), found);
                    Subtract(found, Q5Zero);
                    break;
                case GgufType.Q8_0:
                    scales[i] = BinaryPrimitives.ReadHalfLittleEndian(block);
                    block[2..].CopyTo(found);
                    break;
                case GgufType.Q4_K:
                    (float scale, float minimum) = GgufSuperBlocks.Factors(block, i % perBlock);
                    GgufSuperBlocks.Codes(type, block, i % perBlock, found);
                    scales[i] = (Half)scale;
                    offsets[i] = (Half)((scale * Q4Zero) - minimum);
                    break;
                case GgufType.IQ4_XS:
                    scales[i] = (Half)GgufSuperBlocks.XsScale(block, i % perBlock);
                    GgufBlocks.Codes(GgufSuperBlocks.XsNibbles(block, i % perBlock), 0, found);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(type), type, "Its codes do not fit: it is requantized by values.");
            }
        }
    }

    /// <summary>The type's codes are kept; otherwise <see cref="NearestInt8"/> makes new ones.</summary>
    public static bool KeepsCodes(GgufType type) => type is GgufType.Q4_0 or GgufType.Q4_1 or GgufType.Q5_0 or GgufType.Q8_0 or GgufType.Q4_K
        or GgufType.IQ4_NL or GgufType.IQ4_XS;

    private static void Subtract(Span<byte> codes, int zero)
    {
        foreach (ref byte code in codes)
        {
            code = (byte)(code - zero);
        }
    }
}
