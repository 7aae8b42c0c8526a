// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.TestSupport;

/// <summary>Passes every call on and keeps the last row of what each operation wrote, by operation, in order.</summary>
internal sealed class TracingKernels(IKernels inner) : KernelDecorator(inner)
{
    /// <summary>(operation, last row of its output), one entry a call; RopeAndAppend leaves two: the query's, then the key's.</summary>
    public List<(string Operation, float[] LastRow)> Trace { get; } = [];

    public override void Embed(TensorView destination, TensorView table, TensorView ids)
    {
        Inner.Embed(destination, table, ids);
        Keep(nameof(Embed), destination);
    }

    public override void RmsNorm(TensorView destination, TensorView source, TensorView weight, float epsilon)
    {
        Inner.RmsNorm(destination, source, weight, epsilon);
        Keep(nameof(RmsNorm), destination);
    }

    public override void Linear(TensorView destination, TensorView source, WeightView weight, TensorView bias, LinearEpilogue epilogue)
    {
        Inner.Linear(destination, source, weight, bias, epilogue);
        Keep(nameof(Linear), destination);
    }

    public override void LinearSwiGlu(TensorView destination, TensorView source, WeightView gate, WeightView up)
    {
        Inner.LinearSwiGlu(destination, source, gate, up);
        Keep(nameof(LinearSwiGlu), destination);
    }

    public override void RopeAndAppend(TensorView query, TensorView key, TensorView value, TensorView ropeTable, in KvLayerView cache, in BatchView batch)
    {
        Inner.RopeAndAppend(query, key, value, ropeTable, cache, batch);
        Keep(nameof(RopeAndAppend), query);
        Keep(nameof(RopeAndAppend), key);
    }

    public override void Attention(TensorView destination, TensorView query, in KvLayerView cache, in BatchView batch, float scale, int window)
    {
        Inner.Attention(destination, query, cache, batch, scale, window);
        Keep(nameof(Attention), destination);
    }

    private void Keep(string operation, TensorView output)
    {
        var row = new float[output.Columns];
        Inner.Read<float>(row, output.RowRange(output.Rows - 1, 1));
        Trace.Add((operation, row));
    }
}
