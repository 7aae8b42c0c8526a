// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Peers;

/// <summary>Tensor types that twins are written in, with GGUF's numbers.</summary>
internal enum TwinType
{
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q8_0 = 8,
    BF16 = 30,
}

/// <summary>Rows of floats as GGUF's bytes.</summary>
internal static class TwinTypes
{
    private const int Block = 32;
    private const int ScaleBytes = 2;

    public static long ByteCount(this TwinType type, long count) => type switch
    {
        TwinType.F32 => count * 4,
        TwinType.F16 or TwinType.BF16 => count * 2,
        TwinType.Q8_0 => count / Block * (ScaleBytes + Block),
        _ => count / Block * (ScaleBytes + (Block / 2)),
    };

    /// <summary>Values of which a row must be a whole number.</summary>
    public static int ValuesPerBlock(this TwinType type) => type is TwinType.Q8_0 or TwinType.Q4_0 ? Block : 1;

    /// <summary>The number by which GGUF files tell what most of their tensors are.</summary>
    public static uint FileType(this TwinType type) => type switch
    {
        TwinType.F32 => 0,
        TwinType.F16 => 1,
        TwinType.Q4_0 => 2,
        TwinType.Q8_0 => 7,
        _ => 32,
    };

    /// <summary>Rounds to nearest; a block's scale puts its largest value on the last code.</summary>
    public static void Encode(this TwinType type, ReadOnlySpan<float> values, Span<byte> bytes)
    {
        switch (type)
        {
            case TwinType.F32:
                FloatCodec.Narrow(values, DType.F32, bytes);
                break;
            case TwinType.F16:
                FloatCodec.Narrow(values, DType.F16, bytes);
                break;
            case TwinType.BF16:
                FloatCodec.Narrow(values, DType.BF16, bytes);
                break;
            default:
                int blockBytes = (int)type.ByteCount(Block);
                for (int i = 0; i < values.Length / Block; i++)
                {
                    EncodeBlock(type, values.Slice(i * Block, Block), bytes.Slice(i * blockBytes, blockBytes));
                }

                break;
        }
    }

    private static void EncodeBlock(TwinType type, ReadOnlySpan<float> values, Span<byte> bytes)
    {
        float extreme = 0;
        foreach (float value in values)
        {
            extreme = MathF.Abs(value) > MathF.Abs(extreme) ? value : extreme;
        }

        var scale = (Half)(type == TwinType.Q8_0 ? MathF.Abs(extreme) / 127 : extreme / -8);
        float inverse = scale == Half.Zero ? 0 : 1 / (float)scale;
        BinaryPrimitives.WriteHalfLittleEndian(bytes, scale);
        Span<byte> codes = bytes[ScaleBytes..];
        if (type == TwinType.Q8_0)
        {
            for (int j = 0; j < Block; j++)
            {
                codes[j] = (byte)(sbyte)Math.Clamp(MathF.Round(values[j] * inverse), -127, 127);
            }
        }
        else
        {
            // Value j in the low half of byte j, value 16 + j in the high half.
            for (int j = 0; j < Block / 2; j++)
            {
                codes[j] = (byte)(Nibble(values[j] * inverse) | (Nibble(values[j + (Block / 2)] * inverse) << 4));
            }
        }
    }

    private static int Nibble(float scaled) => (int)Math.Clamp(MathF.Round(scaled) + 8, 0, 15);
}
