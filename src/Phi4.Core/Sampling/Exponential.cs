// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;

namespace Phi4.Core.Sampling;

/// <summary>
/// e^x of the sampler: its own, so that a seed gives the same tokens on every runtime and device. kernels/exponential.cuh has the same expression.
/// </summary>
internal static class Exponential
{
    /// <summary>e to minus this is below the smallest positive float.</summary>
    public const float Weightless = 104;

    private const float LogTwoOfE = 1.44269504f;

    // ln 2 in two parts, the first of so few bits that its product with n is exact.
    private const float LogOfTwo = 0.693359375f;
    private const float RestOfLogOfTwo = -2.12194440e-4f;

    private const int ExponentBias = 127;
    private const int FractionBits = 23;

    /// <summary>
    /// For x in (-104, 0]; anything elsewhere. 2^n e^r with n the nearest integer to x / ln 2; e^r by its series, which |r| at most 0.35 makes short. Within 2 units in
    /// the last place.
    /// </summary>
    public static Vector256<float> OfNegative(Vector256<float> x)
    {
        var n = Vector256.Round(x * LogTwoOfE);
        var r = Fma(n, -RestOfLogOfTwo, Fma(n, -LogOfTwo, x));
        var sum = Fma(r, 1f / 5040, Vector256.Create(1f / 720));
        sum = Vector256.FusedMultiplyAdd(sum, r, Vector256.Create(1f / 120));
        sum = Vector256.FusedMultiplyAdd(sum, r, Vector256.Create(1f / 24));
        sum = Vector256.FusedMultiplyAdd(sum, r, Vector256.Create(1f / 6));
        sum = Vector256.FusedMultiplyAdd(sum, r, Vector256.Create(0.5f));
        sum = Vector256.FusedMultiplyAdd(sum, r, Vector256<float>.One);
        sum = Vector256.FusedMultiplyAdd(sum, r, Vector256<float>.One);

        // In two steps: 2^n alone may be too small for a float.
        var exponent = Vector256.ConvertToInt32Native(n);
        var half = (exponent + Vector256.ShiftRightLogical(exponent.AsUInt32(), 31).AsInt32()) >> 1;
        return sum * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    private static Vector256<float> PowerOfTwo(Vector256<int> exponent) => ((exponent + Vector256.Create(ExponentBias)) << FractionBits).AsSingle();

    private static Vector256<float> Fma(Vector256<float> a, float b, Vector256<float> c) => Vector256.FusedMultiplyAdd(a, Vector256.Create(b), c);
}
