// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Phi4.Core.Sampling;

/// <summary>Largest value, its place, and sums over a row of logits. Eight lanes on every machine, so that sums have one order everywhere.</summary>
internal static class LogitScan
{
    /// <summary>Width of the canonical order; rows that are summed are padded to a multiple of it.</summary>
    public const int LaneCount = 8;

    /// <summary>The largest value; NaN is passed over; negative infinity when nothing is larger.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Max(ReadOnlySpan<float> row)
    {
        // Four runs side by side: one alone would wait for each comparison.
        ref var first = ref MemoryMarshal.GetReference(row);
        var best = Vector256.Create(float.NegativeInfinity);
        Vector256<float> second = best, third = best, fourth = best;
        var i = 0;
        for (; i <= row.Length - (4 * LaneCount); i += 4 * LaneCount)
        {
            best = Larger(best, Vector256.LoadUnsafe(ref first, (nuint)i));
            second = Larger(second, Vector256.LoadUnsafe(ref first, (nuint)i + LaneCount));
            third = Larger(third, Vector256.LoadUnsafe(ref first, (nuint)i + (2 * LaneCount)));
            fourth = Larger(fourth, Vector256.LoadUnsafe(ref first, (nuint)i + (3 * LaneCount)));
        }

        best = Larger(Larger(best, second), Larger(third, fourth));
        var max = float.NegativeInfinity;
        for (var lane = 0; lane < LaneCount; lane++)
            max = best[lane] > max ? best[lane] : max;
        for (; i < row.Length; i++)
            max = row[i] > max ? row[i] : max;
        return max;
    }

    /// <summary>The smallest value that is finite; positive infinity when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float LeastFinite(ReadOnlySpan<float> row)
    {
        ref var first = ref MemoryMarshal.GetReference(row);
        var nothing = Vector256.Create(float.NegativeInfinity);
        var best = Vector256.Create(float.PositiveInfinity);
        var second = best;
        var i = 0;
        for (; i <= row.Length - (2 * LaneCount); i += 2 * LaneCount)
        {
            best = Smaller(best, Vector256.LoadUnsafe(ref first, (nuint)i), nothing);
            second = Smaller(second, Vector256.LoadUnsafe(ref first, (nuint)i + LaneCount), nothing);
        }

        best = Smaller(best, second, nothing);
        var min = float.PositiveInfinity;
        for (var lane = 0; lane < LaneCount; lane++)
            min = Math.Min(min, best[lane]);
        for (; i < row.Length; i++)
            min = row[i] > float.NegativeInfinity && row[i] < min ? row[i] : min;
        return min;
    }

    /// <summary>Index of the largest value, the lowest on ties; NaN is never chosen.</summary>
    /// <exception cref="InvalidLogitsException">Nothing but NaN and negative infinity.</exception>
    public static int Argmax(ReadOnlySpan<float> row) => IndexOf(row, RequireMax(row));

    /// <summary>The largest value of a row that has one to choose.</summary>
    /// <exception cref="InvalidLogitsException">Nothing but NaN and negative infinity.</exception>
    public static float RequireMax(ReadOnlySpan<float> row)
    {
        var max = Max(row);
        return max > float.NegativeInfinity ? max : throw Nothing(row);
    }

    /// <summary>
    /// Sum in float64, element i into lane i mod 8, then ((0+4)+(2+6))+((1+5)+(3+7)). The length is a multiple of <see cref="LaneCount"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Sum(ReadOnlySpan<float> row)
    {
        ref var first = ref MemoryMarshal.GetReference(row);
        var low = Vector256<double>.Zero;
        var high = Vector256<double>.Zero;
        for (var i = 0; i < row.Length; i += LaneCount)
        {
            var (widenedLow, widenedHigh) = Vector256.Widen(Vector256.LoadUnsafe(ref first, (nuint)i));
            low += widenedLow;
            high += widenedHigh;
        }

        return Fold(low + high);
    }

    /// <summary>(0+2)+(1+3): the last step of every sum here.</summary>
    public static double Fold(Vector256<double> lanes) => (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);

    // NaN in value loses.
    private static Vector256<float> Larger(Vector256<float> best, Vector256<float> value) =>
        Vector256.ConditionalSelect(Vector256.GreaterThan(value, best), value, best);

    private static Vector256<float> Smaller(Vector256<float> best, Vector256<float> value, Vector256<float> nothing) =>
        Vector256.ConditionalSelect(Vector256.LessThan(value, best) & Vector256.GreaterThan(value, nothing), value, best);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int IndexOf(ReadOnlySpan<float> row, float wanted)
    {
        ref var first = ref MemoryMarshal.GetReference(row);
        var target = Vector256.Create(wanted);
        var i = 0;
        for (; i <= row.Length - LaneCount; i += LaneCount)
        {
            var hits = Vector256.Equals(Vector256.LoadUnsafe(ref first, (nuint)i), target).ExtractMostSignificantBits();
            if (hits != 0)
                return i + System.Numerics.BitOperations.TrailingZeroCount(hits);
        }

        while (row[i] != wanted)
            i++;
        return i;
    }

    private static InvalidLogitsException Nothing(ReadOnlySpan<float> row)
    {
        var nanCount = 0;
        foreach (var value in row)
            nanCount += float.IsNaN(value) ? 1 : 0;
        return new InvalidLogitsException(row.Length, nanCount);
    }
}
