// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Kernels;

/// <summary>How keys and values are rounded when a narrow cache takes them.</summary>
internal static class KvRounding
{
    /// <summary>
    /// Magnitudes below this are stored as zero, 2^-54: products of two BF16 numbers above it, and all their sums, are never subnormal, and so it makes no
    /// difference that the processors' BF16 products take subnormals as zero.
    /// </summary>
    public const float Smallest = 1f / (1L << 54);

    /// <summary>To nearest, ties to even; below <see cref="Smallest"/> zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ToBFloat16(float value) => MathF.Abs(value) < Smallest ? (ushort)0 : BFloat16.FromSingle(value);

    /// <summary>The scale of a key's or value's signed bytes, its largest magnitude / 127, and the factor that makes them.</summary>
    /// <returns>Zeros for magnitudes so small that the factor would overflow; a scale of NaN and a factor of 0 where there is NaN or infinity.</returns>
    public static (float Scale, float Factor) Int8Scale(ReadOnlySpan<float> values)
    {
        // As integers, the bits without the sign are ordered like the magnitudes, infinity and NaN on top.
        int most = 0;
        foreach (float value in values)
        {
            most = Math.Max(most, BitConverter.SingleToInt32Bits(value) & int.MaxValue);
        }

        float largest = BitConverter.Int32BitsToSingle(most);
        return largest < 127f / float.MaxValue ? (0, 0) : float.IsFinite(largest) ? (largest / 127f, 127f / largest) : (float.NaN, 0);
    }

    /// <summary>value * factor to the nearest integer, ties to even.</summary>
    public static sbyte ToInt8(float value, float factor) => factor == 0 ? (sbyte)0 : (sbyte)MathF.Round(value * factor);
}
