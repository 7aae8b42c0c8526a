// SPDX-License-Identifier: MIT
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Phi4.Core.Sampling;

/// <summary>
/// Takes items best first (the larger rank, then the lower index) until their weights sum to a wanted mass, without sorting: a radix descent
/// over the bits of the ranks, three passes whatever the data. One primitive for top-k (each item weighs 1), top-p and typical.
/// </summary>
internal sealed class MassSelect(int capacity)
{
    // 11 + 11 + 10 bits of the key.
    private const int BucketCount = 2048;
    private const int FirstShift = 21;
    private const int SecondShift = 10;

    private readonly double[] _mass = new double[BucketCount];
    private readonly uint[] _keys = new uint[capacity];
    private readonly int[] _selected = new int[capacity];

    /// <summary>
    /// Indices, ascending, of the fewest best items whose weights sum to at least <paramref name="mass"/>; of all when they never do.
    /// Items ranked NaN or negative infinity are never taken. Valid until the next call.
    /// </summary>
    /// <param name="ranks">Larger is better.</param>
    /// <param name="weights">0 or more; empty when every item weighs 1.</param>
    /// <param name="mass">Above 0.</param>
    public ReadOnlySpan<int> Select(ReadOnlySpan<float> ranks, ReadOnlySpan<float> weights, double mass)
    {
        var keys = _keys.AsSpan(0, ranks.Length);
        for (var i = 0; i < ranks.Length; i++)
            keys[i] = KeyOf(ranks[i]);

        Array.Clear(_mass);
        for (var i = 0; i < keys.Length; i++)
            _mass[keys[i] >> FirstShift] += weights.IsEmpty ? 1 : weights[i];
        _mass[0] = 0;

        var cut = 0u;
        Descend(BucketCount, ref mass, ref cut);
        Refine(keys, weights, FirstShift, SecondShift, ref mass, ref cut);
        Refine(keys, weights, SecondShift, 0, ref mass, ref cut);
        // A cut of 0 (nothing that may be taken weighs anything) must not let in the keys of what is never taken.
        return Collect(keys, weights, Math.Max(cut, 1), mass);
    }

    // Ascending with the rank; 0 for what is never taken. The key of the smallest finite number lies in bucket 4, so bucket 0 holds nothing else.
    private static uint KeyOf(float rank)
    {
        if (!(rank > float.NegativeInfinity))
            return 0;
        var bits = BitConverter.SingleToUInt32Bits(rank + 0f);
        return bits ^ ((uint)((int)bits >> 31) | 0x80000000);
    }

    // Walks the histogram from the best bucket down; takes whole buckets off the mass until one covers the rest, and appends its number to the cut.
    // When none does (the sum of all is smaller, or rounded so), the cut is the last bucket that holds anything, and all of it is taken.
    private void Descend(int bucketCount, ref double mass, ref uint cut)
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
    private void Refine(ReadOnlySpan<uint> keys, ReadOnlySpan<float> weights, int prefixShift, int shift, ref double mass, ref uint cut)
    {
        Array.Clear(_mass);
        var digitMask = (1u << (prefixShift - shift)) - 1;
        ref var first = ref MemoryMarshal.GetReference(keys);
        var wanted = Vector256.Create(cut);
        var i = 0;
        for (; i <= keys.Length - LogitScan.LaneCount; i += LogitScan.LaneCount)
        {
            var hits = Vector256.Equals(Vector256.LoadUnsafe(ref first, (nuint)i) >> prefixShift, wanted).ExtractMostSignificantBits();
            for (; hits != 0; hits &= hits - 1)
            {
                var index = i + BitOperations.TrailingZeroCount(hits);
                _mass[(keys[index] >> shift) & digitMask] += weights.IsEmpty ? 1 : weights[index];
            }
        }

        for (; i < keys.Length; i++)
        {
            if (keys[i] >> prefixShift == cut)
                _mass[(keys[i] >> shift) & digitMask] += weights.IsEmpty ? 1 : weights[i];
        }

        cut <<= prefixShift - shift;
        Descend((int)digitMask + 1, ref mass, ref cut);
    }

    // Everything above the cut; of what equals it, in order, until the rest of the mass is covered.
    private ReadOnlySpan<int> Collect(ReadOnlySpan<uint> keys, ReadOnlySpan<float> weights, uint cut, double mass)
    {
        ref var first = ref MemoryMarshal.GetReference(keys);
        var threshold = Vector256.Create(cut);
        var count = 0;
        var i = 0;
        for (; i <= keys.Length - LogitScan.LaneCount; i += LogitScan.LaneCount)
        {
            var hits = Vector256.GreaterThanOrEqual(Vector256.LoadUnsafe(ref first, (nuint)i), threshold).ExtractMostSignificantBits();
            for (; hits != 0; hits &= hits - 1)
                Take(i + BitOperations.TrailingZeroCount(hits), keys, weights);
        }

        for (; i < keys.Length; i++)
        {
            if (keys[i] >= cut)
                Take(i, keys, weights);
        }

        return _selected.AsSpan(0, count);

        void Take(int index, ReadOnlySpan<uint> keys, ReadOnlySpan<float> weights)
        {
            if (keys[index] == cut)
            {
                if (mass <= 0)
                    return;
                mass -= weights.IsEmpty ? 1 : weights[index];
            }

            _selected[count++] = index;
        }
    }
}
