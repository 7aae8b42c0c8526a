// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>
/// Values to 8-bit codes with a scale for 32: each to the nearest multiple of the scale, which puts the largest magnitude at 127. So a value is at most half a
/// step off, a step being the largest of its block over 127.
/// </summary>
internal static class NearestInt8
{
    private const int Block = BlockLayout.BlockSize;
    private const int Largest = 127;

    /// <summary>Encodes whole blocks.</summary>
    /// <param name="values">Finite values.</param>
    /// <param name="codes">A signed byte for each.</param>
    /// <param name="scales">A scale for every 32; infinite where F16 can't hold it.</param>
    public static void Encode(ReadOnlySpan<float> values, Span<byte> codes, Span<Half> scales)
    {
        for (int i = 0; i < scales.Length; i++)
        {
            ReadOnlySpan<float> block = values.Slice(i * Block, Block);
            float largest = LargestMagnitude(block);
            Half scale = (Half)(largest / Largest);
            if ((float)scale * (Largest + 0.5f) < largest)
            {
                // Only among F16's subnormals can rounding move the scale so far.
                scale = Half.BitIncrement(scale);
            }

            scales[i] = scale;
            float inverse = scale == Half.Zero ? 0 : 1 / (float)scale;
            Span<sbyte> signed = MemoryMarshal.Cast<byte, sbyte>(codes.Slice(i * Block, Block));
            for (int j = 0; j < Block; j++)
            {
                signed[j] = (sbyte)Math.Clamp(MathF.Round(block[j] * inverse), -Largest, Largest);
            }
        }
    }

    private static float LargestMagnitude(ReadOnlySpan<float> values)
    {
        Vector256<float> largest = Vector256<float>.Zero;
        for (int i = 0; i < values.Length; i += Vector256<float>.Count)
        {
            largest = Vector256.Max(largest, Vector256.Abs(Vector256.Create(values[i..])));
        }

        float result = 0;
        for (int i = 0; i < Vector256<float>.Count; i++)
        {
            result = MathF.Max(result, largest[i]);
        }

        return result;
    }
}
