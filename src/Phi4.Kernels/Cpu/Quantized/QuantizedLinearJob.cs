// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>Operands of one product with quantized weights. With <paramref name="Up"/> it is the gated form and <paramref name="Weight"/> is the gate.</summary>
internal readonly record struct QuantizedLinearCall(WeightView Weight, WeightView Up, LinearEnd End)
{
    /// <summary>Matrices that the tokens are multiplied by.</summary>
    public int MatrixCount => Up.IsNone ? 1 : 2;
}

/// <summary>
/// Tokens, quantized before, times quantized weights. Shares take pieces of a few tiles; in a piece a run of blocks of some groups of tokens stays in the
/// second-level cache while the tiles pass, and the sums wait in scratch while the runs move along the inputs (a store and a load change no bit).
/// One token and a thousand take the same way; only the kernel and the sizes differ.
/// </summary>
internal abstract unsafe class QuantizedLinearJob(ShareScratch scratch) : Job
{
    // Tokens and blocks at once: some 450 KB.
    private const int TokensAtOnce = 64;
    private const int BlocksAtOnce = 160;

    // Tiles of a piece, which use the run of tokens while it is in the cache.
    private const int MostTiles = 8;

    private readonly WorkClaims _claims = new();
    private QuantizedLinearCall _call;
    private TokenPack _tokens;
    private TileKernel _kernel = null!;
    private int _pieceTiles;
    private int _groupsAtOnce;
    private int _runBlocks;

    /// <summary>Sets the operands and cuts the work. Caller's thread.</summary>
    public void Prepare(in QuantizedLinearCall call, in TokenPack tokens, TileKernel kernel, int shares)
    {
        _call = call;
        _tokens = tokens;
        _kernel = kernel;
        _groupsAtOnce = Math.Min(tokens.GroupCount, TokensAtOnce / tokens.GroupTokens);
        int runs = tokens.GroupCount == 1 ? 1 : (tokens.BlockCount + BlocksAtOnce - 1) / BlocksAtOnce;
        _runBlocks = (tokens.BlockCount + runs - 1) / runs;

        // Some pieces a share, so that a slow share is made up for.
        int tiles = BlockLayout.TileCount(call.Weight.Rows);
        _pieceTiles = Math.Clamp(tiles / (shares * 8), 1, MostTiles);
        _claims.Reset(tiles, _pieceTiles, shares);
        scratch.Reserve(shares, sizeof(float) * call.MatrixCount * MatrixSums);
    }

    public override void Run(int share, int shareCount)
    {
        float* sums = (float*)scratch[share];
        while (_claims.TryTake(share, out int tile, out int end))
        {
            int tiles = end - tile;
            for (int group = 0; group < _tokens.GroupCount; group += _groupsAtOnce)
            {
                int groups = Math.Min(_groupsAtOnce, _tokens.GroupCount - group);
                Multiply(tile, tiles, group, groups, sums);
                Finish(tile, tiles, group, groups, sums);
            }
        }
    }

    /// <summary>Destination from finished sums.</summary>
    protected abstract void Finish(in LinearEnd end, in FinishedSums sums);

    // Rows of a piece, which stand side by side in its sums: [matrix][token][row].
    private int PieceRows => _pieceTiles * BlockLayout.TileRows;

    private int GroupSums => _tokens.GroupTokens * PieceRows;

    private int MatrixSums => _groupsAtOnce * GroupSums;

    private void Multiply(int tile, int tileCount, int group, int groupCount, float* sums)
    {
        new Span<float>(sums, _call.MatrixCount * MatrixSums).Clear();

        // A single group reads the weights in one go; for several a tile's run stays in the cache.
        int tilesAtOnce = groupCount == 1 ? tileCount : 1;
        for (int block = 0; block < _tokens.BlockCount; block += _runBlocks)
        {
            int blocks = Math.Min(_runBlocks, _tokens.BlockCount - block);
            for (int matrix = 0; matrix < _call.MatrixCount; matrix++)
            {
                WeightView weight = matrix == 0 ? _call.Weight : _call.Up;
                for (int i = 0; i < tileCount; i += tilesAtOnce)
                {
                    TileRun run = TileRun.Of(weight, tile + i, Math.Min(tilesAtOnce, tileCount - i), block, blocks);
                    float* runSums = sums + (matrix * MatrixSums) + (i * BlockLayout.TileRows);
                    for (int g = 0; g < groupCount; g++)
                    {
                        _kernel.Multiply(run, _tokens.Block(group + g, block), runSums + (g * GroupSums), PieceRows);
                    }
                }
            }
        }
    }

    private void Finish(int tile, int tileCount, int group, int groupCount, float* sums)
    {
        int n = tile * BlockLayout.TileRows;
        int rows = Math.Min(tileCount * BlockLayout.TileRows, _call.Weight.Rows - n);
        int first = group * _tokens.GroupTokens;
        int tokens = Math.Min(groupCount * _tokens.GroupTokens, _tokens.TokenCount - first);
        Finish(_call.End, new FinishedSums(first, tokens, n, rows, (nint)sums, (nint)(sums + MatrixSums), PieceRows));
    }
}

/// <inheritdoc/>
internal sealed class QuantizedLinearJob<TOps, TV>(ShareScratch scratch) : QuantizedLinearJob(scratch)
    where TOps : struct, IVectorOps<TV>
    where TV : struct
{
    protected override void Finish(in LinearEnd end, in FinishedSums sums) => LinearEnd<TOps, TV>.Finish(end, sums);
}
