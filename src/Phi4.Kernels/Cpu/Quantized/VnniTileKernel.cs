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

    public override int UnitTiles { get; } = QuantizedKernel.Tiles(tokenCount);

    public override int GroupTokens => tokenCount;

    public override TokenForm TokenForm => TokenForm.Bytes;

    public override int Bias(in WeightView weight) => WeightBias;

    public override void Multiply(in TileRun weights, byte* tokens, float* sums)
    {
        var arguments = new QuantizedArguments
        {
            Table = weights.Table.AsByte() ^ Vector128.Create((byte)WeightBias),
            Tokens = tokens,
            BlockCount = weights.BlockCount,
            Sums = sums,
        };
        for (int i = 0; i < UnitTiles; i++)
        {
            // Where the matrix ends the last tile stands for those that are missing; what comes of them is dropped.
            int tile = Math.Min(i, weights.TileCount - 1);
            arguments.Codes[i] = weights.Codes + (tile * weights.CodeStride);
            arguments.Scales[i] = weights.Scales + (tile * weights.ScaleStride);
            arguments.Offsets[i] = weights.Offsets + (tile * weights.ScaleStride);
        }

        _body(&arguments);
    }
}
