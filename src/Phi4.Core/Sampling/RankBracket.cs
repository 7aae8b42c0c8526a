// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Phi4.Core.Sampling;

/// <summary>Two finite ranks between which the last item taken lies: items above the higher one weigh less than the mass that is wanted.</summary>
internal struct RankBracket
{
    private int _countFromLow;
    private int _countAbove;

    /// <summary>All items from a rank on.</summary>
    public RankBracket(ReadOnlySpan<float> ranks, float low, float high)
    {
        (Low, High) = (low, high);
        _countFromLow = Sums(ranks, [], low, high, high).First.Count;
    }

    public float Low { get; private set; }

    public float High { get; private set; }

    /// <summary>What the items above <see cref="High"/> weigh.</summary>
    public double Above { get; private set; }

    /// <summary>Items inside.</summary>
    public readonly int Count => _countFromLow - _countAbove;

    /// <summary>Leaves a quarter of the range. Weights empty: every item weighs 1.</summary>
    public void Narrow(ReadOnlySpan<float> ranks, ReadOnlySpan<float> weights, double mass)
    {
        var first = Math.Clamp((0.75f * Low) + (0.25f * High), float.BitIncrement(Low), High);
        var second = Math.Clamp((0.5f * Low) + (0.5f * High), first, High);
        var third = Math.Clamp((0.25f * Low) + (0.75f * High), second, High);
        var (from1, from2, from3) = Sums(ranks, weights, first, second, third);
        if (from1.Mass < mass)
            LeaveBelow(first, from1);
        else if (from2.Mass < mass)
            LeaveBelow(second, from2, first, from1.Count);
        else if (from3.Mass < mass)
            LeaveBelow(third, from3, second, from2.Count);
        else
            (Low, _countFromLow) = (third, from3.Count);
    }

    private void LeaveBelow(float end, (double Mass, int Count) above)
    {
        High = float.BitDecrement(end);
        (Above, _countAbove) = above;
    }

    private void LeaveBelow(float end, (double Mass, int Count) above, float low, int countFromLow)
    {
        LeaveBelow(end, above);
        (Low, _countFromLow) = (low, countFromLow);
    }

    // Weights and numbers of the items at or above three ranks.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ((double Mass, int Count) First, (double Mass, int Count) Second, (double Mass, int Count) Third) Sums(
        ReadOnlySpan<float> ranks, ReadOnlySpan<float> weights, float first, float second, float third)
    {
        ref var rank = ref MemoryMarshal.GetReference(ranks);
        ref var weight = ref MemoryMarshal.GetReference(weights);
        Vector256<float> t1 = Vector256.Create(first), t2 = Vector256.Create(second), t3 = Vector256.Create(third);
        Vector256<double> mass1 = default, mass2 = default, mass3 = default;
        Vector256<int> count1 = default, count2 = default, count3 = default;
        var one = Vector256.Create(1f);
        var i = 0;
        for (; i <= ranks.Length - LogitScan.LaneCount; i += LogitScan.LaneCount)
        {
            var value = Vector256.LoadUnsafe(ref rank, (nuint)i);
            var mass = weights.IsEmpty ? one : Vector256.LoadUnsafe(ref weight, (nuint)i);
            Add(value, t1, mass, ref mass1, ref count1);
            Add(value, t2, mass, ref mass2, ref count2);
            Add(value, t3, mass, ref mass3, ref count3);
        }

        var sum1 = (Mass: LogitScan.Fold(mass1), Count: Vector256.Sum(count1));
        var sum2 = (Mass: LogitScan.Fold(mass2), Count: Vector256.Sum(count2));
        var sum3 = (Mass: LogitScan.Fold(mass3), Count: Vector256.Sum(count3));
        for (; i < ranks.Length; i++)
        {
            var mass = weights.IsEmpty ? 1 : weights[i];
            Add(ranks[i] >= first, mass, ref sum1);
            Add(ranks[i] >= second, mass, ref sum2);
            Add(ranks[i] >= third, mass, ref sum3);
        }

        return (sum1, sum2, sum3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(
        Vector256<float> value, Vector256<float> threshold, Vector256<float> mass, ref Vector256<double> sum, ref Vector256<int> count)
    {
        var isIn = Vector256.GreaterThanOrEqual(value, threshold);
        var (low, high) = Vector256.Widen(isIn & mass);
        sum += low + high;
        count -= isIn.AsInt32();
    }

    private static void Add(bool isIn, float mass, ref (double Mass, int Count) sum)
    {
        if (isIn)
            sum = (sum.Mass + mass, sum.Count + 1);
    }
}
