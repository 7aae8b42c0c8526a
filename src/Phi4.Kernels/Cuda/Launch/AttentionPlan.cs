// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cuda.Launch;

/// <summary>
/// How attention is spread over a device: a warp a tile of rows where there are many, else one for every 64 positions of a tile too, whose partial results are put
/// together afterwards. Both give the same bits.
/// </summary>
/// <param name="TileCount">Tiles of 16 rows; a row is a query head of the group of a token.</param>
/// <param name="UnitCount">Units of 64 positions that a tile may see at most.</param>
/// <param name="PartRows">Rows of a tile that partial results have room for, a multiple of 4.</param>
/// <param name="PartialBytes">Memory for partial results; 0 if tiles are done whole.</param>
internal readonly record struct AttentionPlan(int TileCount, int UnitCount, int PartRows, long PartialBytes)
{
    public const int TileRows = 16;
    public const int UnitPositions = 64;

    /// <summary>Rows of a tile of the kernel of warpgroups.</summary>
    public const int WarpgroupsTileRows = 128;

    /// <summary>Two units of keys and values, queries of two warpgroups.</summary>
    public const int WarpgroupsSharedBytes = 96 << 10;

    /// <summary>Threads of its block.</summary>
    public const int WarpgroupsBlock = 256;

    /// <summary>The largest heads that it takes, and the smallest for which it is worth it.</summary>
    public const int WarpgroupsMostHead = 128;

    public const int WarpgroupsLeastHead = 65;

    /// <summary>More is not worth it: tiles are done whole then.</summary>
    public const long MostPartialBytes = 64L << 20;

    // Room is made for so many at a time, so that a growing sequence rarely changes a step's launches.
    private const int UnitsAtATime = 16;

    public bool IsWhole => PartialBytes == 0;

    /// <summary>Units that a step makes room for whose longest sequence has so many positions.</summary>
    public static int UnitsFor(int longest) => (int)((Up(longest) + UnitsAtATime - 1) / UnitsAtATime * UnitsAtATime);

    /// <param name="tileCount">Tiles of the batch.</param>
    /// <param name="mostTokens">Tokens of a sequence of it at most.</param>
    /// <param name="group">Query heads of a kv head.</param>
    /// <param name="cache">The layer.</param>
    /// <param name="longest">Longest sequence of the batch.</param>
    /// <param name="window">Positions that a token sees.</param>
    /// <param name="multiprocessors">The device's.</param>
    public static AttentionPlan Of(int tileCount, int mostTokens, int group, in KvLayerView cache, int longest, int window, int multiprocessors)
    {
        int tokensOfTile = (TileRows / group) + 2;
        long units = Math.Min(UnitsFor(longest), Up((long)window + tokensOfTile) + 1);
        int partRows = (int)Math.Min(TileRows, (((long)mostTokens * group) + 3) / 4 * 4);
        long partialBytes = (long)tileCount * cache.KvHeadCount * units * partRows * (cache.StoredHead + 2) * sizeof(float);
        bool isWhole = (long)tileCount * cache.KvHeadCount >= 2L * multiprocessors || partialBytes > MostPartialBytes;
        return new AttentionPlan(tileCount, (int)units, partRows, isWhole ? 0 : partialBytes);
    }

    /// <summary>Tiles of a run of a sequence's tokens.</summary>
    public static int TilesOf(int tokenCount, int group, int rows = TileRows) => (int)((((long)tokenCount * group) + rows - 1) / rows);

    /// <summary>Whether warpgroups take the batch: their large tiles must fill the device.</summary>
    /// <param name="largeTiles">Tiles of 128 rows.</param>
    /// <param name="cache">The layer.</param>
    /// <param name="multiprocessors">The device's.</param>
    public static bool IsForWarpgroups(int largeTiles, in KvLayerView cache, int multiprocessors)
        => cache.DType == DType.BF16 && cache.HeadSize is >= WarpgroupsLeastHead and <= WarpgroupsMostHead && (long)largeTiles * cache.KvHeadCount >= multiprocessors;

    private static long Up(long positions) => (positions + UnitPositions - 1) / UnitPositions;
}
