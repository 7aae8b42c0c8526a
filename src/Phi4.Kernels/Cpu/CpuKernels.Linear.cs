// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu.Dense;
using Phi4.Kernels.Cpu.Quantized;

namespace Phi4.Kernels.Cpu;

internal sealed partial class CpuKernels
{
    public void Linear(TensorView destination, TensorView source, WeightView weight, TensorView bias, LinearEpilogue epilogue)
    {
        KernelShapes.Linear(destination, source, weight, bias);
        var end = new LinearEnd(destination, bias, IsGated: false, epilogue);
        if (weight.IsFloat)
        {
            RunDense(source, new DenseCall(weight.Values, TensorView.None, end));
        }
        else
        {
            RunQuantized(source, new QuantizedLinearCall(weight, default, end));
        }
    }

    public void LinearSwiGlu(TensorView destination, TensorView source, WeightView gate, WeightView up)
    {
        KernelShapes.LinearSwiGlu(destination, source, gate, up);
        var end = new LinearEnd(destination, TensorView.None, IsGated: true, LinearEpilogue.None);
        if (gate.IsFloat)
        {
            RunDense(source, new DenseCall(gate.Values, up.Values, end));
        }
        else
        {
            RunQuantized(source, new QuantizedLinearCall(gate, up, end));
        }
    }

    private void RunDense(TensorView source, in DenseCall call)
    {
        if (call.End.Destination.Count == 0)
        {
            return;
        }

        DenseKernel kernel = _denseKernels.For(call.Weight.DType);
        TokenPanels tokens = TokenPanels.For(kernel, source.Rows, source.Columns);
        _tokenScratch.Reserve(1, tokens.ByteCount);
        tokens = tokens with { Address = _tokenScratch.Address(0) };
        _pack.Prepare(kernel, source, tokens);
        _pool.Run(_pack, Shares(source.Count, source.Rows));

        int shares = Shares(source.Count * call.Weight.Rows * call.MatrixCount, call.Weight.Rows);
        _denseLinear.Prepare(call, tokens, kernel, shares);
        _pool.Run(_denseLinear, shares);
    }
}
