// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.TestSupport;

/// <summary>Passes every call on and keeps the last row of what each operation wrote, by operation, in order.</summary>
internal sealed class TracingKernels(IKernels inner) : IKernels
{
    public string Name => inner.Name;

    /// <summary>(operation, last row of its output), one entry a call; RopeAndAppend leaves two: the query's, then the key's.</summary>
    public List<(string Operation, float[] LastRow)> Trace { get; } = [];

    public KernelBuffer Allocate(long byteCount, string purpose) => inner.Allocate(byteCount, purpose);

    public void Write<T>(TensorView destination, ReadOnlySpan<T> source)
        where T : unmanaged => inner.Write(destination, source);

    public void Read<T>(Span<T> destination, TensorView source)
        where T : unmanaged => inner.Read(destination, source);

    public void CopyPage(in KvLayerView cache, int sourcePage, int destinationPage) => inner.CopyPage(cache, sourcePage, destinationPage);

    public void Embed(TensorView destination, TensorView table, TensorView ids)
    {
        inner.Embed(destination, table, ids);
        Keep(nameof(Embed), destination);
    }

    public void RmsNorm(TensorView destination, TensorView source, TensorView weight, float epsilon)
    {
        inner.RmsNorm(destination, source, weight, epsilon);
        Keep(nameof(RmsNorm), destination);
    }

    public void Linear(TensorView destination, TensorView source, WeightView weight, TensorView bias, LinearEpilogue epilogue)
    {
        inner.Linear(destination, source, weight, bias, epilogue);
        Keep(nameof(Linear), destination);
    }

    public void LinearSwiGlu(TensorView destination, TensorView source, WeightView gate, WeightView up)
    {
        inner.LinearSwiGlu(destination, source, gate, up);
        Keep(nameof(LinearSwiGlu), destination);
    }

    public void RopeAndAppend(TensorView query, TensorView key, TensorView value, TensorView ropeTable, in KvLayerView cache, in BatchView batch)
    {
        inner.RopeAndAppend(query, key, value, ropeTable, cache, batch);
        Keep(nameof(RopeAndAppend), query);
        Keep(nameof(RopeAndAppend), key);
    }

    public void Attention(TensorView destination, TensorView query, in KvLayerView cache, in BatchView batch, float scale, int window)
    {
        inner.Attention(destination, query, cache, batch, scale, window);
        Keep(nameof(Attention), destination);
    }

    public void GatherRows(TensorView destination, TensorView source, TensorView rows) => inner.GatherRows(destination, source, rows);

    public void Argmax(TensorView destination, TensorView logits) => inner.Argmax(destination, logits);

    public void Dispose() => inner.Dispose();

    private void Keep(string operation, TensorView output)
    {
        var row = new float[output.Columns];
        inner.Read<float>(row, output.RowRange(output.Rows - 1, 1));
        Trace.Add((operation, row));
    }
}
