// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>One tile as it is stored x all tokens of the call, whole rows at once: bound by reading the weights.</summary>
internal sealed unsafe class VnniFewTokenKernel(VnniKernels kernels, WeightFormat format, bool hasOffsets, int tokenCount) : TileKernel
{
    /// <summary>What machine code adds to weights, whose operand is unsigned.</summary>
    public const int WeightBias = 128;

    private readonly delegate* unmanaged<FewTokenArguments*, void> _body = kernels.FewTokens(format, hasOffsets, tokenCount);

    public override int UnitTiles => 1;

    public override int GroupTokens => tokenCount;

    public override TokenForm TokenForm => TokenForm.Bytes;

    public override int RunBlocks => int.MaxValue;

    public override int PanelBytes => 0;

    public override int Bias(in WeightView weight) => WeightBias;

    public override TileRun Prepare(in WeightView weight, int tile, int block, int blockCount, byte* panel)
        => TileRun.Stored(weight, tile, block, blockCount);

    public override void Multiply(in TileRun weights, in TokenGroup tokens, float* sums)
    {
        var arguments = new FewTokenArguments
        {
            Table = weights.Table.AsByte() ^ Vector128.Create((byte)WeightBias),
            Codes = (byte*)weights.Codes,
            Scales = (ushort*)weights.Scales,
            Offsets = (ushort*)weights.Offsets,
            Tokens = tokens.Codes,
            TokenScales = tokens.Scales,
            TokenStarts = tokens.Starts,
            TokenSums = tokens.Sums,
            BlockCount = weights.BlockCount,
            Sums = sums,
        };
        _body(&arguments);
    }
}
