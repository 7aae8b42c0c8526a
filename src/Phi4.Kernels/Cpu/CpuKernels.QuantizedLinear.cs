// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu.Quantized;

namespace Phi4.Kernels.Cpu;

internal sealed partial class CpuKernels
{
    private void RunQuantized(TensorView source, in QuantizedLinearCall call)
    {
        if (call.End.Destination.Count == 0)
        {
            return;
        }

        TileKernel kernel = _tileKernels.For(call.Weight, source.Rows);
        var tokens = new TokenPack(
            0, source.Rows, kernel.GroupTokens, kernel.TokenForm, BlockLayout.BlockCount(source.Columns), kernel.Bias(call.Weight));
        _tokenScratch.Reserve(1, tokens.ByteCount);
        tokens = tokens with { Address = _tokenScratch.Address(0) };
        _quantize.Source = source;
        _quantize.Pack = tokens;
        _pool.Run(_quantize, Shares(QuantizeJob.Work * source.Count, source.Rows));

        int shares = Shares(source.Count * call.Weight.Rows * call.MatrixCount, BlockLayout.TileCount(call.Weight.Rows));
        _quantizedLinear.Prepare(call, tokens, kernel, shares);
        _pool.Run(_quantizedLinear, shares);
    }
}
