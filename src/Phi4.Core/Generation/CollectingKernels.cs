// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.Core.Generation;

/// <summary>Passes every call on and shows the inputs of linear operations to whoever collects them, by the address of the weights.</summary>
internal sealed class CollectingKernels(IKernels inner, IReadOnlyDictionary<nint, InputCollector> collectors) : KernelDecorator(inner)
{
    private float[] _values = [];

    public override void Linear(TensorView destination, TensorView source, WeightView weight, TensorView bias, LinearEpilogue epilogue)
    {
        Collect(source, weight);
        Inner.Linear(destination, source, weight, bias, epilogue);
    }

    public override void LinearSwiGlu(TensorView destination, TensorView source, WeightView gate, WeightView up)
    {
        Collect(source, gate);
        Inner.LinearSwiGlu(destination, source, gate, up);
    }

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
            Inner.Read(_values.AsSpan(row * source.Columns, source.Columns), source.RowRange(row, 1));
        }

        collector.Add(_values.AsMemory(0, count), source.Rows);
    }
}
