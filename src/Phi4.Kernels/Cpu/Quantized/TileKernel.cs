// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>
/// The innermost product: some tiles of weights x a run of blocks x a group of tokens. Where blocks are cut and how many tokens run together changes no
/// bit: each sum is one chain, blocks rising.
/// </summary>
internal abstract unsafe class TileKernel
{
    /// <summary>Tiles that one call multiplies by.</summary>
    public abstract int UnitTiles { get; }

    /// <summary>Tokens that one call multiplies.</summary>
    public abstract int GroupTokens { get; }

    public abstract TokenForm TokenForm { get; }

    /// <summary>What the weights of the products are above those that are meant.</summary>
    public abstract int Bias(in WeightView weight);

    /// <summary>sums [token, row of the unit] += products; <paramref name="tokens"/> as <see cref="TokenPack"/> says, from the run's first block on.</summary>
    public abstract void Multiply(in TileRun weights, byte* tokens, float* sums);
}

/// <summary>A run of blocks of one tile or several, side by side, as <see cref="BlockLayout"/> stores them.</summary>
/// <param name="Codes">The first tile's first code byte.</param>
/// <param name="Scales">The first tile's first scale.</param>
/// <param name="Offsets">The first tile's first offset, or 0.</param>
/// <param name="CodeStride">From a tile's codes to the next one's, in bytes.</param>
/// <param name="ScaleStride">The same for scales and offsets.</param>
/// <param name="TileCount">At least 1; fewer than a kernel takes where the matrix ends.</param>
/// <param name="BlockCount">At least 1.</param>
/// <param name="Table">Int4: what the codes stand for.</param>
internal readonly record struct TileRun(
    nint Codes, nint Scales, nint Offsets, nint CodeStride, nint ScaleStride, int TileCount, int BlockCount, Vector128<sbyte> Table)
{
    public static TileRun Of(in WeightView weight, int tile, int tileCount, int block, int blockCount)
    {
        nint blocksPerTile = BlockLayout.BlockCount(weight.Columns);
        nint blocks = (tile * blocksPerTile) + block;
        nint codeBytes = BlockLayout.CodeBytesPerBlock(weight.Format);
        nint scaleBytes = blocks * BlockLayout.ScaleBytesPerBlock;
        return new TileRun(
            weight.Values.Address + (blocks * codeBytes),
            weight.Scales + scaleBytes,
            weight.Offsets == 0 ? 0 : weight.Offsets + scaleBytes,
            blocksPerTile * codeBytes,
            blocksPerTile * BlockLayout.ScaleBytesPerBlock,
            Math.Min(tileCount, BlockLayout.TileCount(weight.Rows) - tile),
            blockCount,
            weight.Table);
    }
}
