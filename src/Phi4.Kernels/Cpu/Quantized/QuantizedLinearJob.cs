// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>Operands of one product with quantized weights. With <paramref name="Up"/> it is the gated form and <paramref name="Weight"/> is the gate.</summary>
internal readonly record struct QuantizedLinearCall(WeightView Weight, WeightView Up, LinearEnd End)
{
    /// <summary>Matrices that the tokens are multiplied by.</summary>
    public int MatrixCount => Up.IsNone ? 1 : 2;
}

/// <summary>
/// Tokens, quantized before, times quantized weights. Shares take pieces of a few units of tiles; in a piece a run of blocks of each unit stays in the
/// first-level cache while all tokens pass, and the sums wait in scratch while the runs move along the inputs (a store and a load change no bit).
/// One token and a thousand take the same way; only the kernel and the sizes differ.
/// </summary>
internal abstract unsafe class QuantizedLinearJob(ShareScratch scratch) : Job
{
    // Tokens whose sums wait at once: with the run's activations they fit a second-level cache of 1 MB.
    private const int TokensAtOnce = 512;

    // Units of a piece when there are many tokens: each run of activations is fetched once for all of them.
    private const int MostUnits = 8;

    private readonly WorkClaims _claims = new();
    private QuantizedLinearCall _call;
    private TokenPack _tokens;
    private TileKernel _kernel = null!;
    private int _unitCount;
    private int _unitsPerPiece;
    private int _groupsAtOnce;

    /// <summary>Sets the operands and cuts the work. Caller's thread.</summary>
    public void Prepare(in QuantizedLinearCall call, in TokenPack tokens, TileKernel kernel, int shares)
    {
        _call = call;
        _tokens = tokens;
        _kernel = kernel;
        _unitCount = (BlockLayout.TileCount(call.Weight.Rows) + kernel.UnitTiles - 1) / kernel.UnitTiles;
        _groupsAtOnce = Math.Min(tokens.GroupCount, TokensAtOnce / tokens.GroupTokens);

        // Some pieces a share, so that a slow share is made up for.
        _unitsPerPiece = Math.Clamp(_unitCount / (shares * 8), 1, MostUnits);
        _claims.Reset(_unitCount, _unitsPerPiece);
        scratch.Reserve(shares, kernel.PanelBytes + (sizeof(float) * _unitsPerPiece * UnitSums));
    }

    public override void Run(int share, int shareCount)
    {
        byte* panel = scratch[share];
        float* sums = (float*)(panel + _kernel.PanelBytes);
        while (_claims.TryTake(out int unit, out int end))
        {
            int count = end - unit;
            for (int group = 0; group < _tokens.GroupCount; group += _groupsAtOnce)
            {
                int groups = Math.Min(_groupsAtOnce, _tokens.GroupCount - group);
                Multiply(unit, count, group, groups, panel, sums);
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

    private void Multiply(int unit, int unitCount, int group, int groupCount, byte* panel, float* sums)
    {
        new Span<float>(sums, checked((int)(unitCount * UnitSums))).Clear();
        int blockCount = _tokens.BlockCount;
        for (int block = 0; block < blockCount; block += Math.Min(_kernel.RunBlocks, blockCount - block))
        {
            int blocks = Math.Min(_kernel.RunBlocks, blockCount - block);
            for (int i = 0; i < unitCount * _call.MatrixCount; i++)
            {
                int tile = (unit + (i / _call.MatrixCount)) * _kernel.UnitTiles;
                WeightView weight = i % _call.MatrixCount == 0 ? _call.Weight : _call.Up;
                TileRun run = _kernel.Prepare(weight, tile, block, blocks, panel);
                float* unitSums = sums + (i * MatrixSums);
                for (int g = 0; g < groupCount; g++)
                {
                    _kernel.Multiply(run, _tokens.Group(group + g, block), unitSums + ((long)g * GroupSums));
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
