// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Phi4.Core.Sampling;

/// <summary>
/// The tokens still in play while one is drawn, in ascending order of id, with logit and weight; each filter drops some.
/// A weight is the probability times a constant: e^((logit - largest) / temperature).
/// </summary>
internal sealed class Candidates
{
    // Elements summed at a stretch; the draw walks block sums first, then inside one block.
    private const int BlockSize = 1024;

    // e^-104 is below the smallest positive float.
    private const float WeightlessDistance = 104;

    private readonly int[] _identity;
    private readonly int[] _ids;
    private readonly float[] _logits;
    private readonly float[] _weights;
    private readonly float[] _ranks;
    private readonly MassSelect _select;
    private int[] _currentIds;
    private double _total;

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
    public void Weigh(float largest, float temperature)
    {
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
            var near = Vector256.LessThan(distance, Vector256.Create(WeightlessDistance));
            Vector256.ConditionalSelect(near, Vector256.Exp(-distance), Vector256<float>.Zero).StoreUnsafe(ref weight, (nuint)i);
        }

        Sum();
    }

    /// <summary>
    /// Fewest tokens, surprise nearest to the entropy first, with at least this share of the probability. With d = -ln(weight),
    /// surprise - entropy = d - sum(p d): the normaliser cancels. Only straight after <see cref="Weigh"/>, which leaves d in the ranks.
    /// </summary>
    public void KeepTypical(float share)
    {
        var mean = 0.0;
        for (var i = 0; i < Count; i++)
        {
            if (_weights[i] > 0)
                mean += _weights[i] * (double)_ranks[i];
        }

        mean /= _total;
        for (var i = 0; i < Count; i++)
            _ranks[i] = (float)-Math.Abs(_ranks[i] - mean);
        Keep(_select.Select(_ranks.AsSpan(0, Count), Weights, share * _total));
    }

    /// <summary>Fewest tokens, most probable first, with at least this share of the probability.</summary>
    public void KeepTopP(float share) => Keep(_select.Select(_logits.AsSpan(0, Count), Weights, share * _total));

    /// <summary>Tokens at least this fraction as probable as the most probable one.</summary>
    public void KeepMinP(float fraction)
    {
        var threshold = fraction * LogitScan.Max(Weights);
        var count = 0;
        for (var i = 0; i < Count; i++)
        {
            if (_weights[i] >= threshold)
                Move(i, count++);
        }

        Shrink(count);
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

    private void Keep(ReadOnlySpan<int> indices)
    {
        for (var i = 0; i < indices.Length; i++)
            Move(indices[i], i);
        Shrink(indices.Length);
    }

    private void Move(int from, int to)
    {
        _ids[to] = _currentIds[from];
        _logits[to] = _logits[from];
        _weights[to] = _weights[from];
    }

    private void Shrink(int count)
    {
        _currentIds = _ids;
        Count = count;
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
