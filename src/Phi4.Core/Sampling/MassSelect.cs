// SPDX-License-Identifier: MIT
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Phi4.Core.Sampling;

/// <summary>
/// Takes items best first (the larger rank, then the lower index) until their weights sum to a wanted mass, without sorting: a few passes in vectors
/// narrow the ranks between which the last item taken lies, and a radix descent over the few items left there finds it. One primitive for top-k (each
/// item weighs 1), top-p and typical.
/// </summary>
internal sealed class MassSelect(int capacity)
{
    // 11 + 11 + 10 bits of the key.
    private const int BucketCount = 2048;
    private const int FirstShift = 21;
    private const int SecondShift = 10;

    // A narrowing pass leaves a quarter of the range of ranks. It costs as much as the descent over this many items, and where many ranks are equal it is no use.
    private const int MostNarrowings = 6;
    private const int LeastToNarrow = 8192;

    private readonly double[] _mass = new double[BucketCount];
    private readonly uint[] _keys = new uint[capacity];
    private readonly float[] _weights = new float[capacity];
    private readonly int[] _selected = new int[capacity];

    /// <summary>
    /// Indices, ascending, of the fewest best items whose weights sum to at least <paramref name="mass"/>; of all when they never do.
    /// Items ranked NaN or negative infinity are never taken. Valid until the next call.
    /// </summary>
    /// <param name="ranks">Larger is better.</param>
    /// <param name="weights">0 or more; empty when every item weighs 1.</param>
    /// <param name="mass">Above 0.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public ReadOnlySpan<int> Select(ReadOnlySpan<float> ranks, ReadOnlySpan<float> weights, double mass)
    {
        var cut = FindCut(ranks, weights, mass, float.NegativeInfinity, out var rest);
        var count = 0;
        var i = 0;
        ref var rank = ref MemoryMarshal.GetReference(ranks);
        var threshold = Vector256.Create(cut);
        for (; i <= ranks.Length - LogitScan.LaneCount; i += LogitScan.LaneCount)
        {
            var hits = Vector256.GreaterThanOrEqual(Vector256.LoadUnsafe(ref rank, (nuint)i), threshold).ExtractMostSignificantBits();
            for (; hits != 0; hits &= hits - 1)
                Take(i + BitOperations.TrailingZeroCount(hits), ranks, weights);
        }

        for (; i < ranks.Length; i++)
        {
            if (ranks[i] >= cut)
                Take(i, ranks, weights);
        }

        return _selected.AsSpan(0, count);

        void Take(int index, ReadOnlySpan<float> ranks, ReadOnlySpan<float> weights)
        {
            if (ranks[index] > cut || Covers(ref rest, weights.IsEmpty ? 1 : weights[index]))
                _selected[count++] = index;
        }
    }

    /// <summary>The same choice, left in the weights: those of items that are not taken become 0.</summary>
    /// <param name="ranks">Larger is better.</param>
    /// <param name="weights">0 or more.</param>
    /// <param name="mass">Above 0.</param>
    /// <param name="floor">A rank that, as the caller knows, no item needed lies below; negative infinity if he knows none.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Keep(ReadOnlySpan<float> ranks, Span<float> weights, double mass, float floor = float.NegativeInfinity)
    {
        var cut = FindCut(ranks, weights, mass, floor, out var rest);
        var i = 0;
        ref var rank = ref MemoryMarshal.GetReference(ranks);
        ref var weight = ref MemoryMarshal.GetReference(weights);
        var threshold = Vector256.Create(cut);
        for (; i <= ranks.Length - LogitScan.LaneCount; i += LogitScan.LaneCount)
        {
            var value = Vector256.LoadUnsafe(ref rank, (nuint)i);
            var kept = Vector256.GreaterThanOrEqual(value, threshold).AsSingle() & Vector256.LoadUnsafe(ref weight, (nuint)i);
            kept.StoreUnsafe(ref weight, (nuint)i);
            var ties = Vector256.Equals(value, threshold).ExtractMostSignificantBits();
            for (; ties != 0; ties &= ties - 1)
                KeepTie(ref weights[i + BitOperations.TrailingZeroCount(ties)]);
        }

        for (; i < ranks.Length; i++)
        {
            if (!(ranks[i] >= cut))
                weights[i] = 0;
            else if (ranks[i] == cut)
                KeepTie(ref weights[i]);
        }

        void KeepTie(ref float weight) => weight = Covers(ref rest, weight) ? weight : 0;
    }

    // Of what equals the cut, in order, only as much as the rest of the mass asks for.
    private static bool Covers(ref double rest, float weight)
    {
        if (rest <= 0)
            return false;
        rest -= weight;
        return true;
    }

    // The rank of the last items taken, and what of the mass they are to cover together. NaN, which no rank reaches, if nothing may be taken.
    private float FindCut(ReadOnlySpan<float> ranks, ReadOnlySpan<float> weights, double mass, float floor, out double rest)
    {
        rest = mass;
        var high = LogitScan.Max(ranks);
        if (!(high > float.NegativeInfinity))
            return float.NaN;
        var low = Math.Min(float.IsFinite(floor) ? floor : LogitScan.LeastFinite(ranks), high); // nothing finite: only positive infinity is left
        if (ranks.Length > LeastToNarrow && float.IsFinite(high))
        {
            var bracket = new RankBracket(ranks, low, high);
            for (var pass = 0; pass < MostNarrowings && bracket.Count > LeastToNarrow && bracket.Low < bracket.High; pass++)
                bracket.Narrow(ranks, weights, mass);
            (low, high, rest) = (bracket.Low, bracket.High, mass - bracket.Above);
        }

        return low == high ? low : Descend(Gather(ranks, weights, low, high), low, ref rest);
    }

    // Keys and weights of the items between two ranks, to the front of the arrays.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Gather(ReadOnlySpan<float> ranks, ReadOnlySpan<float> weights, float low, float high)
    {
        ref var rank = ref MemoryMarshal.GetReference(ranks);
        Vector256<float> least = Vector256.Create(low), most = Vector256.Create(high);
        var count = 0;
        var i = 0;
        for (; i <= ranks.Length - LogitScan.LaneCount; i += LogitScan.LaneCount)
        {
            var value = Vector256.LoadUnsafe(ref rank, (nuint)i);
            var hits = (Vector256.GreaterThanOrEqual(value, least) & Vector256.LessThanOrEqual(value, most)).ExtractMostSignificantBits();
            for (; hits != 0; hits &= hits - 1)
                Add(i + BitOperations.TrailingZeroCount(hits), ranks, weights);
        }

        for (; i < ranks.Length; i++)
        {
            if (ranks[i] >= low && ranks[i] <= high)
                Add(i, ranks, weights);
        }

        return count;

        void Add(int index, ReadOnlySpan<float> ranks, ReadOnlySpan<float> weights)
        {
            _keys[count] = KeyOf(ranks[index]);
            _weights[count++] = weights.IsEmpty ? 1 : weights[index];
        }
    }

    // The cut among the items gathered, digit by digit of their keys; the lowest rank if they weigh nothing.
    private float Descend(int count, float low, ref double rest)
    {
        var keys = _keys.AsSpan(0, count);
        var cut = 0u;
        Array.Clear(_mass);
        for (var i = 0; i < keys.Length; i++)
            _mass[keys[i] >> FirstShift] += _weights[i];
        TakeBuckets(BucketCount, ref rest, ref cut);
        Refine(keys, FirstShift, SecondShift, ref rest, ref cut);
        Refine(keys, SecondShift, 0, ref rest, ref cut);
        return cut == 0 ? low : RankOf(cut);
    }

    // Ascending with the rank.
    private static uint KeyOf(float rank)
    {
        var bits = BitConverter.SingleToUInt32Bits(rank + 0f);
        return bits ^ ((uint)((int)bits >> 31) | 0x80000000);
    }

    private static float RankOf(uint key) => BitConverter.UInt32BitsToSingle((int)key < 0 ? key ^ 0x80000000 : ~key);

    // Walks the histogram from the best bucket down; takes whole buckets off the mass until one covers the rest, and appends its number to the cut.
    // When none does (the sum of all is smaller, or rounded so), the cut is the last bucket that holds anything, and all of it is taken.
    private void TakeBuckets(int bucketCount, ref double mass, ref uint cut)
    {
        var last = 0;
        for (var bucket = bucketCount - 1; bucket >= 0; bucket--)
        {
            if (_mass[bucket] >= mass)
            {
                cut |= (uint)bucket;
                return;
            }

            mass -= _mass[bucket];
            last = _mass[bucket] > 0 ? bucket : last;
        }

        cut |= (uint)last;
        mass = double.PositiveInfinity;
    }

    // The same among the items whose key starts with the cut so far.
    private void Refine(ReadOnlySpan<uint> keys, int prefixShift, int shift, ref double mass, ref uint cut)
    {
        Array.Clear(_mass);
        var digitMask = (1u << (prefixShift - shift)) - 1;
        for (var i = 0; i < keys.Length; i++)
        {
            if (keys[i] >> prefixShift == cut)
                _mass[(keys[i] >> shift) & digitMask] += _weights[i];
        }

        cut <<= prefixShift - shift;
        TakeBuckets((int)digitMask + 1, ref mass, ref cut);
    }
}
