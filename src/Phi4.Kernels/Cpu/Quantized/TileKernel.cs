// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>
/// The innermost product: tiles of weights, one after the other, x a run of blocks x a group of tokens. Where blocks are cut and how many tokens run together changes no
/// bit: each sum is one chain, blocks rising.
/// </summary>
internal abstract unsafe class TileKernel
{
    /// <summary>Tokens that one call multiplies.</summary>
    public abstract int GroupTokens { get; }

    public abstract TokenForm TokenForm { get; }

    /// <summary>What the weights of the products are above those that are meant.</summary>
    public abstract int Bias(in WeightView weight);

    /// <summary>
    /// sums [token, row of the tiles] += products; <paramref name="tokens"/> as <see cref="TokenPack"/> says, from the run's first block on;
    /// <paramref name="sumStride"/> floats from a token's sums to the next one's.
    /// </summary>
    public abstract void Multiply(in TileRun weights, byte* tokens, float* sums, int sumStride);
}

/// <summary>A run of blocks of one tile or several, side by side, as <see cref="BlockLayout"/> stores them.</summary>
/// <param name="Blocks">The first tile's first block of the run.</param>
/// <param name="TileStride">From a tile's blocks to the next one's, in bytes.</param>
/// <param name="TileCount">At least 1.</param>
/// <param name="BlockCount">At least 1.</param>
/// <param name="Layout">What a block looks like.</param>
/// <param name="Table">Int4: what the codes stand for.</param>
internal readonly record struct TileRun(nint Blocks, nint TileStride, int TileCount, int BlockCount, BlockLayout Layout, Vector128<sbyte> Table)
{
    public static TileRun Of(in WeightView weight, int tile, int tileCount, int block, int blockCount)
    {
        BlockLayout layout = weight.Layout;
        var tileBytes = (nint)layout.TileBytes(weight.Columns);
        nint blocks = weight.Values.Address + (tile * tileBytes) + ((nint)block * layout.BlockBytes);
        return new TileRun(blocks, tileBytes, tileCount, blockCount, layout, weight.Table);
    }
}
