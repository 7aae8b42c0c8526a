// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Phi4.Core.Sampling;

/// <summary>
/// The tokens in play while one is drawn, in ascending order of id, with logit and weight; what a filter drops weighs 0 from then on.
/// A weight is the probability times a constant: e^((logit - largest) / temperature).
/// </summary>
internal sealed class Candidates
{
    // Elements summed at a stretch; the draw walks block sums first, then inside one block.
    private const int BlockSize = 1024;

    private readonly int[] _identity;
    private readonly int[] _ids;
    private readonly float[] _logits;
    private readonly float[] _weights;
    private readonly float[] _ranks;
    private readonly MassSelect _select;
    private int[] _currentIds;
    private double _total;
    private float _largest;
    private float _temperature;

    public Candidates(int vocabSize)
    {
        var padded = (vocabSize + LogitScan.LaneCount - 1) / LogitScan.LaneCount * LogitScan.LaneCount;
        _identity = [.. Enumerable.Range(0, vocabSize)];
        _ids = new int[vocabSize];
        _logits = new float[padded];
        _weights = new float[padded];
        _ranks = new float[padded];
        _select = new MassSelect(vocabSize);
        _currentIds = _identity;
    }

    public int Count { get; private set; }

    public ReadOnlySpan<int> Ids => _currentIds.AsSpan(0, Count);

    public ReadOnlySpan<float> Weights => _weights.AsSpan(0, Count);

    /// <summary>Every token of the row.</summary>
    public void TakeAll(ReadOnlySpan<float> logits)
    {
        logits.CopyTo(_logits);
        _currentIds = _identity;
        Count = logits.Length;
    }

    /// <summary>The tokens with the k largest logits, the lower id on ties.</summary>
    public void TakeTop(ReadOnlySpan<float> logits, int k)
    {
        var kept = _select.Select(logits, [], k);
        for (var i = 0; i < kept.Length; i++)
        {
            _ids[i] = kept[i];
            _logits[i] = logits[kept[i]];
        }

        _currentIds = _ids;
        Count = kept.Length;
    }

    /// <summary>Gives each token its weight; the largest logit weighs 1. Infinite logits share everything, NaN and negative infinity weigh nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Weigh(float largest, float temperature)
    {
        (_largest, _temperature) = (largest, temperature);
        Pad(_logits, float.NegativeInfinity);
        ref var logit = ref MemoryMarshal.GetArrayDataReference(_logits);
        ref var weight = ref MemoryMarshal.GetArrayDataReference(_weights);
        ref var rank = ref MemoryMarshal.GetArrayDataReference(_ranks);
        var top = Vector256.Create(largest);
        var divisor = Vector256.Create(temperature);
        for (var i = 0; i < Count; i += LogitScan.LaneCount)
        {
            var value = Vector256.LoadUnsafe(ref logit, (nuint)i);
            var distance = Vector256.ConditionalSelect(Vector256.Equals(value, top), Vector256<float>.Zero, (top - value) / divisor);
            distance.StoreUnsafe(ref rank, (nuint)i);
            var near = Vector256.LessThan(distance, Vector256.Create(Exponential.Weightless));
            Vector256.ConditionalSelect(near, Exponential.OfNegative(-distance), Vector256<float>.Zero).StoreUnsafe(ref weight, (nuint)i);
        }

        Sum();
    }

    /// <summary>
    /// Fewest tokens, surprise nearest to the entropy first, with at least this share of the probability. With d = -ln(weight),
    /// surprise - entropy = d - sum(p d): the normaliser cancels. Only straight after <see cref="Weigh"/>, which leaves d in the ranks.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void KeepTypical(float share)
    {
        ref var rank = ref MemoryMarshal.GetArrayDataReference(_ranks);
        ref var weight = ref MemoryMarshal.GetArrayDataReference(_weights);
        var products = Vector256<double>.Zero;
        for (var i = 0; i < Count; i += LogitScan.LaneCount)
        {
            // What weighs nothing may be infinitely far.
            var mass = Vector256.LoadUnsafe(ref weight, (nuint)i);
            var distance = Vector256.ConditionalSelect(
                Vector256.GreaterThan(mass, Vector256<float>.Zero), Vector256.LoadUnsafe(ref rank, (nuint)i), Vector256<float>.Zero);
            var (massLow, massHigh) = Vector256.Widen(mass);
            var (low, high) = Vector256.Widen(distance);
            products += (massLow * low) + (massHigh * high);
        }

        var mean = Vector256.Create(LogitScan.Fold(products) / _total);
        for (var i = 0; i < Count; i += LogitScan.LaneCount)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref rank, (nuint)i));
            (-Vector256.Narrow(Vector256.Abs(low - mean), Vector256.Abs(high - mean))).StoreUnsafe(ref rank, (nuint)i);
        }

        Keep(_ranks, share, float.NegativeInfinity);
    }

    /// <summary>Fewest tokens, most probable first, with at least this share of the probability.</summary>
    public void KeepTopP(float share)
    {
        // Tokens so improbable that all of them together, were there as many as tokens in all, would be half of what may be left out: most of a row.
        var weight = 0.5 * (1 - (double)share) * _total / Count;
        Keep(_logits, share, float.BitDecrement((float)(_largest + (_temperature * Math.Log(weight)))));
    }

    /// <summary>Tokens at least this fraction as probable as the most probable one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void KeepMinP(float fraction)
    {
        var threshold = Vector256.Create(fraction * LogitScan.Max(Weights));
        ref var weight = ref MemoryMarshal.GetArrayDataReference(_weights);
        for (var i = 0; i < Count; i += LogitScan.LaneCount)
        {
            var value = Vector256.LoadUnsafe(ref weight, (nuint)i);
            (Vector256.GreaterThanOrEqual(value, threshold).AsSingle() & value).StoreUnsafe(ref weight, (nuint)i);
        }

        Sum();
    }

    /// <summary>The token at which the running sum of probabilities, in ascending order of id, passes the number.</summary>
    /// <param name="uniform">In [0, 1).</param>
    public int Draw(double uniform)
    {
        // Below the total even after rounding: then some block passes it, and in that block a token that weighs something is met.
        var target = Math.Min(uniform * _total, Math.BitDecrement(_total));
        var passed = 0.0;
        var start = 0;
        for (; start + BlockSize < Count; start += BlockSize)
        {
            var block = BlockSum(start);
            if (passed + block > target)
                break;
            passed += block;
        }

        // Token by token the block may sum to a little less than by lanes; then its last token is the one.
        var drawn = start;
        for (var i = start; i < Math.Min(start + BlockSize, Count) && passed <= target; i++)
        {
            if (_weights[i] <= 0)
                continue;
            drawn = i;
            passed += _weights[i];
        }

        return _currentIds[drawn];
    }

    private void Keep(float[] ranks, float share, float floor)
    {
        _select.Keep(ranks.AsSpan(0, Count), _weights.AsSpan(0, Count), share * _total, floor);
        Sum();
    }

    private void Sum()
    {
        Pad(_weights, 0);
        _total = 0;
        for (var start = 0; start < Count; start += BlockSize)
            _total += BlockSum(start);
    }

    private double BlockSum(int start) => LogitScan.Sum(_weights.AsSpan(start, Math.Min(BlockSize, PaddedCount - start)));

    private int PaddedCount => (Count + LogitScan.LaneCount - 1) / LogitScan.LaneCount * LogitScan.LaneCount;

    private void Pad(float[] row, float value) => row.AsSpan(Count, PaddedCount - Count).Fill(value);
}
