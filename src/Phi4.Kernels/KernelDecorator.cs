// SPDX-License-Identifier: MIT
namespace Phi4.Kernels;

/// <summary>Passes every call on to another backend. Who wants to watch some operations overrides those.</summary>
internal abstract class KernelDecorator(IKernels inner) : IKernels
{
    public string Name => Inner.Name;

    /// <summary>Whom the calls go to; disposed with this.</summary>
    protected IKernels Inner { get; } = inner;

    public KernelBuffer Allocate(long byteCount, string purpose) => Inner.Allocate(byteCount, purpose);

    public virtual void Write<T>(TensorView destination, ReadOnlySpan<T> source)
        where T : unmanaged => Inner.Write(destination, source);

    public virtual void Read<T>(Span<T> destination, TensorView source)
        where T : unmanaged => Inner.Read(destination, source);

    public void CopyPage(in KvLayerView cache, int sourcePage, int destinationPage) => Inner.CopyPage(cache, sourcePage, destinationPage);

    public virtual void Embed(TensorView destination, TensorView table, TensorView ids) => Inner.Embed(destination, table, ids);

    public virtual void RmsNorm(TensorView destination, TensorView source, TensorView weight, float epsilon)
        => Inner.RmsNorm(destination, source, weight, epsilon);

    public virtual void Linear(TensorView destination, TensorView source, WeightView weight, TensorView bias, LinearEpilogue epilogue)
        => Inner.Linear(destination, source, weight, bias, epilogue);

    public virtual void LinearSwiGlu(TensorView destination, TensorView source, WeightView gate, WeightView up)
        => Inner.LinearSwiGlu(destination, source, gate, up);

    public virtual void RopeAndAppend(
        TensorView query, TensorView key, TensorView value, TensorView ropeTable, in KvLayerView cache, in BatchView batch)
        => Inner.RopeAndAppend(query, key, value, ropeTable, cache, batch);

    public virtual void Attention(TensorView destination, TensorView query, in KvLayerView cache, in BatchView batch, float scale, int window)
        => Inner.Attention(destination, query, cache, batch, scale, window);

    public virtual void GatherRows(TensorView destination, TensorView source, TensorView rows) => Inner.GatherRows(destination, source, rows);

    public virtual void Argmax(TensorView destination, TensorView logits) => Inner.Argmax(destination, logits);

    public void Dispose() => Inner.Dispose();
}
