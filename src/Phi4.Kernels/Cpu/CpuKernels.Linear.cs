// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu;

internal sealed partial class CpuKernels
{
    public void Linear(TensorView destination, TensorView source, WeightView weight, TensorView bias, LinearEpilogue epilogue)
    {
        KernelShapes.Linear(destination, source, weight, bias);
        RunLinear(new LinearCall(destination, source, FloatsOf(weight), TensorView.None, bias, epilogue));
    }

    public void LinearSwiGlu(TensorView destination, TensorView source, WeightView gate, WeightView up)
    {
        KernelShapes.LinearSwiGlu(destination, source, gate, up);
        RunLinear(new LinearCall(destination, source, FloatsOf(gate), FloatsOf(up), TensorView.None, LinearEpilogue.None));
    }

    private static TensorView FloatsOf(WeightView weight)
        => weight.IsFloat ? weight.Values : throw new NotSupportedException($"{weight}: the CPU backend multiplies by floats only.");

    private void RunLinear(in LinearCall call)
    {
        if (call.Destination.Count == 0)
        {
            return;
        }

        int blocks = (call.Destination.Columns + LinearJob.RowsPerBlock - 1) / LinearJob.RowsPerBlock;
        int shares = Shares(call.Destination.Count * call.Source.Columns, blocks);
        _scratch.Reserve(shares, LinearJob.ScratchBytes(call.Source));
        _linear.Prepare(call);
        _pool.Run(_linear, shares);
    }
}
