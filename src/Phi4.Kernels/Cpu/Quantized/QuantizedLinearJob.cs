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
    private int _unitsPerPiece;
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
        int units = (BlockLayout.TileCount(call.Weight.Rows) + kernel.UnitTiles - 1) / kernel.UnitTiles;
        _unitsPerPiece = Math.Clamp(units / (shares * 8), 1, MostTiles / kernel.UnitTiles);
        _claims.Reset(units, _unitsPerPiece);
        scratch.Reserve(shares, sizeof(float) * _unitsPerPiece * UnitSums);
    }

    public override void Run(int share, int shareCount)
    {
        float* sums = (float*)scratch[share];
        while (_claims.TryTake(out int unit, out int end))
        {
            int count = end - unit;
            for (int group = 0; group < _tokens.GroupCount; group += _groupsAtOnce)
            {
                int groups = Math.Min(_groupsAtOnce, _tokens.GroupCount - group);
                Multiply(unit, count, group, groups, sums);
                for (int i = 0; i < count; i++)
                {
                    Finish(unit + i, group, groups, sums + (i * UnitSums));
                }
            }
        }
    }

    /// <summary>destination[t, n..n+count) from its sums.</summary>
    protected abstract void Finish(in LinearEnd end, int t, int n, int count, float* sums, float* ups);

    private int UnitRows => _kernel.UnitTiles * BlockLayout.TileRows;

    private int GroupSums => _tokens.GroupTokens * UnitRows;

    private long MatrixSums => (long)_groupsAtOnce * GroupSums;

    // Sums of a unit: [matrix][token][row].
    private long UnitSums => _call.MatrixCount * MatrixSums;

    private void Multiply(int unit, int unitCount, int group, int groupCount, float* sums)
    {
        new Span<float>(sums, checked((int)(unitCount * UnitSums))).Clear();
        for (int block = 0; block < _tokens.BlockCount; block += _runBlocks)
        {
            int blocks = Math.Min(_runBlocks, _tokens.BlockCount - block);
            for (int i = 0; i < unitCount * _call.MatrixCount; i++)
            {
                WeightView weight = i % _call.MatrixCount == 0 ? _call.Weight : _call.Up;
                TileRun run = TileRun.Of(weight, (unit + (i / _call.MatrixCount)) * _kernel.UnitTiles, _kernel.UnitTiles, block, blocks);
                float* unitSums = sums + (i * MatrixSums);
                for (int g = 0; g < groupCount; g++)
                {
                    _kernel.Multiply(run, _tokens.Block(group + g, block), unitSums + ((long)g * GroupSums));
                }
            }
        }
    }

    private void Finish(int unit, int group, int groupCount, float* sums)
    {
        int n = unit * UnitRows;
        int rows = Math.Min(UnitRows, _call.Weight.Rows - n);
        int first = group * _tokens.GroupTokens;
        int end = Math.Min(first + (groupCount * _tokens.GroupTokens), _tokens.TokenCount);
        for (int t = first; t < end; t++, sums += UnitRows)
        {
            Finish(_call.End, t, n, rows, sums, sums + MatrixSums);
        }
    }
}

/// <inheritdoc/>
internal sealed unsafe class QuantizedLinearJob<TOps, TV>(ShareScratch scratch) : QuantizedLinearJob(scratch)
    where TOps : struct, IVectorOps<TV>
    where TV : struct
{
    protected override void Finish(in LinearEnd end, int t, int n, int count, float* sums, float* ups)
        => LinearEnd<TOps, TV>.Finish(end, t, n, count, sums, ups);
}
