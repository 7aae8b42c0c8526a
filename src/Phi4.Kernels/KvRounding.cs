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
}
