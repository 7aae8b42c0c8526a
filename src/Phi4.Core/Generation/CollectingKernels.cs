// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.Core.Generation;

/// <summary>Passes every call on and shows the inputs of linear operations to whoever collects them, by the address of the weights.</summary>
internal sealed class CollectingKernels(IKernels inner, IReadOnlyDictionary<nint, InputCollector> collectors) : IKernels
{
    private float[] _values = [];

    public string Name => inner.Name;

    public KernelBuffer Allocate(long byteCount, string purpose) => inner.Allocate(byteCount, purpose);

    public void Write<T>(TensorView destination, ReadOnlySpan<T> source)
        where T : unmanaged => inner.Write(destination, source);

    public void Read<T>(Span<T> destination, TensorView source)
        where T : unmanaged => inner.Read(destination, source);

    public void CopyPage(in KvLayerView cache, int sourcePage, int destinationPage) => inner.CopyPage(cache, sourcePage, destinationPage);

    public void Embed(TensorView destination, TensorView table, TensorView ids) => inner.Embed(destination, table, ids);

    public void RmsNorm(TensorView destination, TensorView source, TensorView weight, float epsilon) => inner.RmsNorm(destination, source, weight, epsilon);

    public void Linear(TensorView destination, TensorView source, WeightView weight, TensorView bias, LinearEpilogue epilogue)
    {
        Collect(source, weight);
        inner.Linear(destination, source, weight, bias, epilogue);
    }

    public void LinearSwiGlu(TensorView destination, TensorView source, WeightView gate, WeightView up)
    {
        Collect(source, gate);
        inner.LinearSwiGlu(destination, source, gate, up);
    }

    public void RopeAndAppend(TensorView query, TensorView key, TensorView value, TensorView ropeTable, in KvLayerView cache, in BatchView batch) =>
        inner.RopeAndAppend(query, key, value, ropeTable, cache, batch);

    public void Attention(TensorView destination, TensorView query, in KvLayerView cache, in BatchView batch, float scale, int window) =>
        inner.Attention(destination, query, cache, batch, scale, window);

    public void GatherRows(TensorView destination, TensorView source, TensorView rows) => inner.GatherRows(destination, source, rows);

    public void Argmax(TensorView destination, TensorView logits) => inner.Argmax(destination, logits);

    public void Dispose() => inner.Dispose();

    private void Collect(TensorView source, WeightView weight)
    {
        if (!collectors.TryGetValue(weight.Values.Address, out InputCollector? collector))
        {
            return;
        }

        int count = source.Rows * source.Columns;
        if (_values.Length < count)
        {
            _values = new float[count];
        }

        for (int row = 0; row < source.Rows; row++)
        {
            inner.Read(_values.AsSpan(row * source.Columns, source.Columns), source.RowRange(row, 1));
        }

        collector.Add(_values.AsMemory(0, count), source.Rows);
    }
}
