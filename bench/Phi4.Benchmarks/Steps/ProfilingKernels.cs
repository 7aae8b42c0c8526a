// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Phi4.Kernels;

namespace Phi4.Benchmarks.Steps;

/// <summary>Passes every call on and counts, by operation and shape, its time, what it has to read and what it has to multiply.</summary>
internal sealed class ProfilingKernels(IKernels inner) : KernelDecorator(inner)
{
    private readonly Dictionary<string, OperationCost> _costs = [];

    /// <summary>By operation and shape, in the order of their first call.</summary>
    public IReadOnlyDictionary<string, OperationCost> Costs => _costs;

    public void Clear() => _costs.Clear();

    public override void Write<T>(TensorView destination, ReadOnlySpan<T> source)
    {
        long start = Stopwatch.GetTimestamp();
        Inner.Write(destination, source);
        Count("upload", start, 0, 0);
    }

    public override void Read<T>(Span<T> destination, TensorView source)
    {
        long start = Stopwatch.GetTimestamp();
        Inner.Read(destination, source);
        Count("logits to the host", start, destination.Length * sizeof(float), 0);
    }

    public override void Embed(TensorView destination, TensorView table, TensorView ids)
    {
        long start = Stopwatch.GetTimestamp();
        Inner.Embed(destination, table, ids);
        Count("embed", start, destination.Count * table.DType.SizeInBytes(), 0);
    }

    public override void RmsNorm(TensorView destination, TensorView source, TensorView weight, float epsilon)
    {
        long start = Stopwatch.GetTimestamp();
        Inner.RmsNorm(destination, source, weight, epsilon);
        Count($"norm {source.Columns}", start, source.ByteCount, 0);
    }

    public override void Linear(TensorView destination, TensorView source, WeightView weight, TensorView bias, LinearEpilogue epilogue)
    {
        long start = Stopwatch.GetTimestamp();
        Inner.Linear(destination, source, weight, bias, epilogue);
        Count($"linear {weight}", start, weight.ByteCount, 2.0 * source.Count * weight.Rows);
    }

    public override void LinearSwiGlu(TensorView destination, TensorView source, WeightView gate, WeightView up)
    {
        long start = Stopwatch.GetTimestamp();
        Inner.LinearSwiGlu(destination, source, gate, up);
        Count($"gate and up {gate}", start, gate.ByteCount + up.ByteCount, 4.0 * source.Count * gate.Rows);
    }

    public override void RopeAndAppend(TensorView query, TensorView key, TensorView value, TensorView ropeTable, in KvLayerView cache, in BatchView batch)
    {
        long start = Stopwatch.GetTimestamp();
        Inner.RopeAndAppend(query, key, value, ropeTable, cache, batch);
        Count("rope and append", start, query.ByteCount + key.ByteCount + value.ByteCount, 0);
    }

    public override void Attention(TensorView destination, TensorView query, in KvLayerView cache, in BatchView batch, float scale, int window)
    {
        long start = Stopwatch.GetTimestamp();
        Inner.Attention(destination, query, cache, batch, scale, window);
        long seen = Math.Min(batch.LongestLength, window);
        long cached = seen * batch.SequenceCount * 2 * cache.KvHeadCount * cache.HeadSize * cache.DType.SizeInBytes();
        double past = seen - ((batch.TokenCount / batch.SequenceCount) - 1) / 2.0;
        Count($"attention over {batch.LongestLength}", start, cached, 4.0 * query.Count * past);
    }

    public override void GatherRows(TensorView destination, TensorView source, TensorView rows)
    {
        long start = Stopwatch.GetTimestamp();
        Inner.GatherRows(destination, source, rows);
        Count("gather rows", start, destination.ByteCount, 0);
    }

    public override void Argmax(TensorView destination, TensorView logits)
    {
        long start = Stopwatch.GetTimestamp();
        Inner.Argmax(destination, logits);
        Count("argmax", start, logits.ByteCount, 0);
    }

    /// <summary>Adds a call that began at a time of <see cref="Stopwatch"/>.</summary>
    public void Count(string operation, long start, long bytes, double flops)
    {
        long ticks = Stopwatch.GetTimestamp() - start;
        OperationCost cost = _costs.GetValueOrDefault(operation);
        _costs[operation] = new OperationCost(cost.Calls + 1, cost.Ticks + ticks, cost.Bytes + bytes, cost.Flops + flops);
    }
}

/// <summary>What an operation took over all its calls.</summary>
/// <param name="Calls">How often it was called.</param>
/// <param name="Ticks">Time, in ticks of <see cref="Stopwatch"/>.</param>
/// <param name="Bytes">Bytes that it has to read at least: weights or cache, else its source.</param>
/// <param name="Flops">Multiplications and additions that it has to do.</param>
internal readonly record struct OperationCost(long Calls, long Ticks, long Bytes, double Flops)
{
    public double Seconds => (double)Ticks / Stopwatch.Frequency;
}
