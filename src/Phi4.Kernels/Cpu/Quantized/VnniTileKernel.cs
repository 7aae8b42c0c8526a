// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>Tiles as they are stored x up to eight tokens, in machine code.</summary>
internal sealed unsafe class VnniTileKernel(VnniKernels kernels, WeightFormat format, bool hasOffsets, int tokenCount) : TileKernel
{
    /// <summary>What machine code adds to weights, whose operand is unsigned.</summary>
    private const int WeightBias = 128;

    private readonly delegate* unmanaged<QuantizedArguments*, void> _body = kernels.For(format, hasOffsets, tokenCount);

    public override int GroupTokens => tokenCount;

    public override TokenForm TokenForm => TokenForm.Bytes;

    public override int Bias(in WeightView weight) => WeightBias;

    public override void Multiply(in TileRun weights, byte* tokens, float* sums, int sumStride)
    {
        var arguments = new QuantizedArguments
        {
            Table = weights.Table.AsByte() ^ Vector128.Create((byte)WeightBias),
            Weights = weights.Blocks,
            TileSkip = weights.TileStride - ((nint)weights.BlockCount * weights.Layout.BlockBytes),
            TileCount = weights.TileCount,
            BlockCount = weights.BlockCount,
            Tokens = tokens,
            Sums = sums,
            SumStride = sumStride * sizeof(float),
        };
        _body(&arguments);
    }
}
