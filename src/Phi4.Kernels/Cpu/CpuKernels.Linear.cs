// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu.Quantized;

namespace Phi4.Kernels.Cpu;

internal sealed partial class CpuKernels
{
    public void Linear(TensorView destination, TensorView source, WeightView weight, TensorView bias, LinearEpilogue epilogue)
    {
        KernelShapes.Linear(destination, source, weight, bias);
        if (weight.IsFloat)
        {
            RunLinear(new LinearCall(destination, source, weight.Values, TensorView.None, bias, epilogue));
        }
        else
        {
            RunQuantized(source, new QuantizedLinearCall(weight, default, new LinearEnd(destination, bias, IsGated: false, epilogue)));
        }
    }

    public void LinearSwiGlu(TensorView destination, TensorView source, WeightView gate, WeightView up)
    {
        KernelShapes.LinearSwiGlu(destination, source, gate, up);
        if (gate.IsFloat)
        {
            RunLinear(new LinearCall(destination, source, gate.Values, up.Values, TensorView.None, LinearEpilogue.None));
        }
        else
        {
            RunQuantized(source, new QuantizedLinearCall(gate, up, new LinearEnd(destination, TensorView.None, IsGated: true, LinearEpilogue.None)));
        }
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
        _linear.Prepare(call);
        _pool.Run(_linear, shares);
    }
}
