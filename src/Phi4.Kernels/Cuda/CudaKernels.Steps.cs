// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Kernels.Cuda.Launch;

namespace Phi4.Kernels.Cuda;

/// <content>Steps that come again: one token of each sequence.</content>
internal sealed partial class CudaKernels
{
    /// <summary>Larger steps are not worth a graph: their kernels take longer than asking for them.</summary>
    private const int MostRepeatedTokens = 64;

    private int _singleTilesGroup;

    public void Repeat<TWork>(in BatchView batch, int variant, in TWork work)
        where TWork : struct, IStepWork
    {
        if (!_repeatsSteps || !IsOfSingles(batch))
        {
            work.Run();
            return;
        }

        _context.MakeCurrent();
        _graphs.Run(new StepShape(batch.TokenCount, AttentionPlan.UnitsFor(batch.LongestLength), variant), _memoryVersion, work);
    }

    private static bool IsOfSingles(in BatchView batch) => batch.TokenCount == batch.SequenceCount && batch.TokenCount <= MostRepeatedTokens;

    // Of everything that grows in a step.
    private long MemoryVersion() => _rounded.Version + _partial.Version + _tileMemory.Version + _singleTiles.Version;

    /// <summary>The tiles of any step of single tokens: fewer tokens have the first of them. Written once, so that no graph has to.</summary>
    private (nint Memory, int Count) SingleTilesFor(int tokens, int group)
    {
        int tilesOfToken = AttentionPlan.TilesOf(1, group);
        int integers = MostRepeatedTokens * tilesOfToken * IntegersPerTile;
        if (_singleTilesGroup != group)
        {
            int[] tiles = new int[integers];
            for (int i = 0; i < MostRepeatedTokens * tilesOfToken; i++)
            {
                int row = i % tilesOfToken * AttentionPlan.TileRows;
                (tiles[IntegersPerTile * i], tiles[(IntegersPerTile * i) + 1]) = (i / tilesOfToken, row);
                tiles[(IntegersPerTile * i) + 2] = Math.Min(AttentionPlan.TileRows, group - row);
            }

            _staging.Write(_singleTiles.Reserve((long)integers * sizeof(int)), MemoryMarshal.AsBytes(tiles.AsSpan()));
            _singleTilesGroup = group;
        }

        return (_singleTiles.Reserve(0), tokens * tilesOfToken);
    }
}
