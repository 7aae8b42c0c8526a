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

    /// <summary>Most blocks at once, so that weights prepared for them stay in the first-level cache.</summary>
    public abstract int RunBlocks { get; }

    /// <summary>Bytes that <see cref="Prepare"/> fills for <see cref="RunBlocks"/> blocks.</summary>
    public abstract int PanelBytes { get; }

    /// <summary>What the weights of the products are above those that are meant.</summary>
    public abstract int Bias(in WeightView weight);

    /// <summary>Weights of a unit from tile <paramref name="tile"/> and block <paramref name="block"/> on, ready for <see cref="Multiply"/>.</summary>
    public abstract TileRun Prepare(in WeightView weight, int tile, int block, int blockCount, byte* panel);

    /// <summary>sums [token, row of the unit] += products.</summary>
    public abstract void Multiply(in TileRun weights, in TokenGroup tokens, float* sums);
}

/// <summary>Weights of a tile, or of several prepared together, for a run of blocks.</summary>
internal readonly record struct TileRun(nint Codes, nint Scales, nint Offsets, int BlockCount, Vector128<sbyte> Table)
{
    /// <summary>A tile as <see cref="BlockLayout"/> stores it.</summary>
    public static TileRun Stored(in WeightView weight, int tile, int block, int blockCount)
    {
        nint blocks = ((nint)tile * BlockLayout.BlockCount(weight.Columns)) + block;
        nint scaleBytes = blocks * BlockLayout.ScaleBytesPerBlock;
        return new TileRun(
            weight.Values.Address + (blocks * BlockLayout.CodeBytesPerBlock(weight.Format)),
            weight.Scales + scaleBytes,
            weight.Offsets == 0 ? 0 : weight.Offsets + scaleBytes,
            blockCount,
            weight.Table);
    }
}
