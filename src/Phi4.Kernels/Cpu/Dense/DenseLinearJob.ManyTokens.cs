// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.Dense;

/// <content>
/// Many tokens: bound by multiply-adds. Six rows at a time are packed into a panel, which with a block of tokens stays in the second-level cache. The
/// eight groups of six rows of a piece pass over the block one after the other; meanwhile the first asks for the rows to come, later ones for the next block.
/// </content>
internal abstract unsafe partial class DenseLinearJob
{
    /// <summary>Groups of six rows of a piece: each block of tokens is fetched once for all of them.</summary>
    private const int Groups = 8;

    private const int ManyTokenClaim = Groups * DenseKernel.TileRows;

    /// <summary>Tiles of a block: six, so that each can ask for one of the rows to come.</summary>
    private const int BlockTiles = 6;

    /// <summary>Tiles whose lanes wait in scratch while the panels move along the inputs.</summary>
    private const int MostTiles = 128;

    private const int TileLanes = DenseKernel.TileTokens * DenseKernel.TileRows * VectorMath.Lanes;

    private int TilesAtOnce => Math.Min(_tokens.TileCount, MostTiles);

    private long PanelBytes => (long)_tokens.PanelVectors * DenseKernel.TileRows * TokenPanels.VectorBytes;

    private int MatrixSums => TilesAtOnce * DenseKernel.TileTokens * DenseKernel.SumStride;

    private long LaneFloats => (long)Groups * TilesAtOnce * TileLanes;

    // A panel of each group, sums of both matrices, lanes, a step of each row of a group.
    private long ManyTokenScratch
        => (Groups * PanelBytes) + (sizeof(float) * ((2L * MatrixSums) + LaneFloats)) + (DenseKernel.TileRows * DenseKernel.StepInputs * sizeof(float));

    private void ManyTokens(int start, int count, byte* space)
    {
        float* lanes = (float*)(space + (Groups * PanelBytes));
        float* sums = lanes + LaneFloats;
        byte* rests = (byte*)(sums + (2 * MatrixSums));
        for (int tile = 0; tile < _tokens.TileCount; tile += MostTiles)
        {
            int tiles = Math.Min(MostTiles, _tokens.TileCount - tile);
            for (int matrix = 0; matrix < _call.MatrixCount; matrix++)
            {
                for (int panel = 0; panel < _tokens.PanelCount; panel++)
                {
                    for (int block = 0; block < tiles; block += BlockTiles)
                    {
                        var place = new BlockPlace(matrix, panel, tile + block, Math.Min(BlockTiles, tiles - block), block == 0);
                        MultiplyBlock(start, count, place, space, lanes + (block * TileLanes), sums + SumsOf(matrix, block), rests);
                        if (IsLast(place))
                        {
                            FinishBlock(start, count, place, sums + SumsOf(0, block));
                        }
                    }
                }
            }
        }
    }

    private bool IsLast(in BlockPlace place) => place.Matrix == _call.MatrixCount - 1 && place.Panel == _tokens.PanelCount - 1;

    private void FinishBlock(int start, int count, in BlockPlace place, float* sums)
    {
        int first = place.Tile * DenseKernel.TileTokens;
        int tokens = Math.Min(place.Tiles * DenseKernel.TileTokens, _tokens.TokenCount - first);
        Finish(_call.End, new FinishedSums(first, tokens, start, count, (nint)sums, (nint)(sums + MatrixSums), DenseKernel.SumStride));
    }

    private int SumsOf(int matrix, int tile) => (matrix * MatrixSums) + (tile * DenseKernel.TileTokens * DenseKernel.SumStride);

    private void MultiplyBlock(int start, int count, in BlockPlace place, byte* panels, float* lanes, float* sums, byte* rests)
    {
        int vectors = _tokens.VectorsOf(place.Panel);
        nint tokens = (nint)_tokens.Tile(place.Panel, place.Tile);
        nint linesOfGroup = (nint)place.Tiles * vectors * TokenPanels.VectorBytes;
        for (int group = 0; group * DenseKernel.TileRows < count; group++)
        {
            int n = start + (group * DenseKernel.TileRows);
            byte* panel = panels + (group * PanelBytes);

            // The next block lies behind this one; each group asks for a quarter of it, a line of a token for each vector, and every quarter is asked for twice.
            nint next = tokens + (DenseKernel.TileTokens * linesOfGroup) + (group % DenseKernel.TileTokens * linesOfGroup);
            nint nextStride = vectors * TokenPanels.VectorBytes;
            if (place.IsFirstOfPanel)
            {
                Widen(place.Matrix, n, start + count, place.Panel, panel, rests);
                if (n + DenseKernel.TileRows < start + count)
                {
                    StoredRows following = RowsAt(place.Matrix, n + DenseKernel.TileRows, start + count, DenseKernel.TileRows, FirstStep(place.Panel));
                    (next, nextStride) = (following.Address, following.RowBytes);
                }
            }

            _kernel.MultiplyTiles(new TileRun(
                (nint)panel,
                tokens,
                vectors,
                place.Tiles,
                (nint)(lanes + ((long)group * TilesAtOnce * TileLanes)),
                (nint)(sums + (group * DenseKernel.TileRows)),
                place.Panel == 0,
                place.Panel == _tokens.PanelCount - 1,
                next,
                nextStride));
        }
    }

    private void Widen(int matrix, int n, int end, int panel, byte* destination, byte* rests)
    {
        int firstStep = FirstStep(panel);
        int steps = _tokens.VectorsOf(panel) / _kernel.StepVectors;
        int whole = Math.Min(steps, WholeSteps - firstStep);
        StoredRows rows = RowsAt(matrix, n, end, DenseKernel.TileRows, firstStep);
        _kernel.Widen(rows, whole, destination);
        if (whole < steps)
        {
            StoredRows copies = CopyRests(rows with { Address = rows.Address + (whole * StepBytes) }, rests);
            _kernel.Widen(copies, 1, destination + ((nint)whole * _kernel.StepVectors * DenseKernel.TileRows * TokenPanels.VectorBytes));
        }
    }

    // Where in the work a block of tiles stands.
    private readonly record struct BlockPlace(int Matrix, int Panel, int Tile, int Tiles, bool IsFirstOfPanel);
}
