// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda.Driver;

namespace Phi4.Kernels.Cuda.Launch;

/// <summary>
/// Which kernel multiplies, and on what grid: a pure function of the operands. Exact or by matrix units depends on the matrix alone and never on the tokens, so that a
/// row's bits don't depend on the rows beside it; the skinny and the tiled kernels and those of warpgroups give the same bits.
/// </summary>
/// <param name="Kind">The kernel.</param>
/// <param name="TileTokens">Tokens of a block.</param>
/// <param name="RoundsFirst">The kernel takes rows of the matrix's own 16-bit format.</param>
/// <param name="Shape">The grid.</param>
internal readonly record struct LinearPlan(LinearKind Kind, int TileTokens, bool RoundsFirst, LaunchShape Shape)
{
    public const int TiledSharedBytes = 65536;

    /// <summary>Six stages of 32 KB and twelve barriers.</summary>
    public const int WarpgroupsSharedBytes = (6 * 32768) + 96;

    /// <summary>Of the tiled kernels, and of those of warpgroups.</summary>
    public const int TileTokenCount = 128;

    /// <summary>Tokens' columns of a stage of the kernels of warpgroups.</summary>
    public const int WarpgroupsStageColumns = 64;

    /// <summary>Weights' rows and columns of a box.</summary>
    public const int WarpgroupsBoxRows = 64;

    public const int WarpgroupsBoxColumns = 32;

    /// <summary>Of the skinny kernels, and twice that of gated products over blocks.</summary>
    public const int SharedBytesPerToken = 512;

    /// <summary>What the kernels that normalise need besides.</summary>
    public const int NormSharedBytes = 256;

    private const int Block = 256;
    private const int WarpgroupsBlock = 288;
    private const int TiledRows = 128;
    private const int SkinnyRows = 16;

    // Above 64 tokens the skinny kernels read the matrix once more for every 64. Below this it still beats blocks of 128 x 128 that leave multiprocessors without work.
    private const int MostSkinnyTokens = 192;
    private const int ExactRows = 8;

    /// <summary>There is a kernel of this kind that normalises its rows itself.</summary>
    public bool CanNormItself => Kind is LinearKind.Skinny or LinearKind.Blocks && !RoundsFirst;

    /// <param name="source">Activations, F32.</param>
    /// <param name="weight">The matrix; of SwiGLU the first one.</param>
    /// <param name="up">The second matrix of SwiGLU, or none.</param>
    /// <param name="rounds">Activations may be rounded to the matrix's format.</param>
    /// <param name="multiprocessors">The device's.</param>
    /// <param name="hasWarpgroups">The kernels of warpgroups are there and may be used.</param>
    public static LinearPlan Of(TensorView source, TensorView weight, TensorView up, bool rounds, int multiprocessors, bool hasWarpgroups)
    {
        int tokens = source.Rows, matrices = up.IsNone ? 1 : 2;
        if (!rounds || weight.DType == DType.F32 || !IsAligned(weight) || !(up.IsNone || IsAligned(up)))
        {
            return new LinearPlan(LinearKind.Exact, 1, RoundsFirst: false, new LaunchShape(tokens, Up(weight.Rows, ExactRows), 1, Block));
        }

        int tiles = checked(Up(weight.Rows, TiledRows / matrices) * Up(tokens, TileTokenCount));
        bool leavesIdle = tokens <= MostSkinnyTokens && tiles < multiprocessors;
        if (tokens > KernelTable.SkinnyTokens[^1] && !leavesIdle)
        {
            return OfTiles(tiles, hasWarpgroups);
        }

        (int tile, bool roundsItself) = SkinnyTile(source);
        LaunchShape skinny = new(Up(weight.Rows, SkinnyRows / matrices), Up(tokens, tile), 1, Block, SharedBytesPerToken * tile);
        return new LinearPlan(LinearKind.Skinny, tile, !roundsItself, skinny);
    }

    /// <summary>By tiles of 128 tokens, on a grid that the kernels cut themselves.</summary>
    public static LinearPlan OfTiles(int tiles, bool byWarpgroups) => byWarpgroups
        ? new LinearPlan(LinearKind.Warpgroups, TileTokenCount, RoundsFirst: true, new LaunchShape(tiles, 1, 1, WarpgroupsBlock, WarpgroupsSharedBytes))
        : new LinearPlan(LinearKind.Tiled, TileTokenCount, RoundsFirst: true, new LaunchShape(tiles, 1, 1, Block, TiledSharedBytes));

    /// <param name="source">Activations, F32.</param>
    /// <param name="weight">The matrix, int8 or int4; of SwiGLU the first one.</param>
    /// <param name="isGated">SwiGLU.</param>
    public static LinearPlan OfBlocks(TensorView source, WeightView weight, bool isGated)
    {
        (int tile, bool roundsItself) = SkinnyTile(source);
        LaunchShape shape = new(Up(weight.Rows, SkinnyRows), Up(source.Rows, tile), 1, Block, SharedBytesPerToken * tile * (isGated ? 2 : 1));
        return new LinearPlan(LinearKind.Blocks, tile, !roundsItself, shape);
    }

    // The kernel of the fewest tokens rounds by itself what it reads; for that, rows must start at 16 bytes and be whole runs of eight.
    private static (int Tile, bool RoundsItself) SkinnyTile(TensorView source)
    {
        int[] tiles = KernelTable.SkinnyTokens;
        bool roundsItself = source.Rows <= tiles[0] && source.Columns % 8 == 0 && source.Address % 16 == 0 && (source.RowStride % 4 == 0 || source.Rows == 1);
        int i = roundsItself ? 0 : 1;
        while (i + 1 < tiles.Length && tiles[i] < source.Rows)
        {
            i++;
        }

        return (tiles[i], roundsItself);
    }

    private static bool IsAligned(TensorView matrix) => matrix.Columns % 8 == 0 && matrix.RowStride % 8 == 0 && matrix.Address % 16 == 0;

    private static int Up(int count, int size) => (count + size - 1) / size;
}
