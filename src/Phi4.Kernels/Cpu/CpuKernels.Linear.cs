// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu;

internal sealed partial class CpuKernels
{
    public void Linear(TensorView destination, TensorView source, TensorView weight, TensorView bias, LinearEpilogue epilogue)
    {
        KernelShapes.Linear(destination, source, weight, bias);
        RunLinear(new LinearCall(destination, source, weight, TensorView.None, bias, epilogue));
    }

    public void LinearSwiGlu(TensorView destination, TensorView source, TensorView gate, TensorView up)
    {
        KernelShapes.LinearSwiGlu(destination, source, gate, up);
        RunLinear(new LinearCall(destination, source, gate, up, TensorView.None, LinearEpilogue.None));
    }

    private void RunLinear(in LinearCall call)
    {
        if (call.Destination.Count == 0)
        {
            return;
        }

        int blocks = (call.Destination.Columns + LinearJob.RowsPerBlock - 1) / LinearJob.RowsPerBlock;
        int shares = Shares(call.Destination.Count * call.Source.Columns, blocks);
        _scratch.Reserve(shares, LinearJob.ScratchBytes(call.Source));
        _linear.Call = call;
        _pool.Run(_linear, shares);
    }
}
