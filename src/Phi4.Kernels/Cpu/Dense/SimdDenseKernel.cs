// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu.Dense;

/// <summary>The kernels in C#, for any vectors and weights: everything is widened to F32, a step is two vectors of sixteen floats.</summary>
internal sealed unsafe partial class SimdDenseKernel<TOps, TV, TReader> : DenseKernel
    where TOps : struct, IVectorOps<TV>
    where TV : struct
    where TReader : struct, IWeightReader
{
    private const int Lanes = VectorMath.Lanes;
    private const int RowFloats = TileRows * Lanes;
    private const int TokenFloats = TileTokens * Lanes;

    // Sixteen lanes in one register: enough registers for a whole tile's sums, and a second-level cache behind them.
    private static bool IsWide => TOps.Count == Lanes;

    public override int StepVectors => 2;

    public override int PanelVectors => IsWide ? 160 : 40;

    public override int WeightBytes => TReader.Bytes;

    public override int? FewTokenRows(in TokenPanels tokens) => MostRowsAbreast;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Pack(float* inputs, int stepCount, byte* destination, nint stride)
    {
        for (int step = 0; step < stepCount; step++, inputs += StepInputs, destination += 2 * stride)
        {
            TReader.Pack<TOps, TV>(inputs, (float*)destination, (float*)(destination + stride));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Widen(in StoredRows rows, int stepCount, byte* panel)
    {
        for (int r = 0; r < TileRows; r++)
        {
            byte* row = rows.Row(r);
            float* destination = (float*)panel + (r * Lanes);
            for (int step = 0; step < stepCount; step++, row += StepInputs * TReader.Bytes, destination += 2 * RowFloats)
            {
                for (int i = 0; i < Lanes; i += TOps.Count)
                {
                    TOps.Store(destination + i, TReader.First<TOps, TV>(row, i));
                    TOps.Store(destination + RowFloats + i, TReader.Second<TOps, TV>(row, i));
                }
            }
        }
    }

    public override void MultiplyTiles(in TileRun run)
    {
        float* tokens = (float*)run.Tokens;
        float* lanes = (float*)run.Lanes;
        float* sums = (float*)run.Sums;
        byte* next = (byte*)run.Next;
        for (int tile = 0; tile < run.TileCount; tile++)
        {
            if (run.IsFirst)
            {
                new Span<float>(lanes, TileTokens * RowFloats).Clear();
            }

            if (IsWide)
            {
                WideTile((float*)run.Panel, tokens, run.VectorCount, lanes, next);
            }
            else
            {
                NarrowTile((float*)run.Panel, tokens, run.VectorCount, lanes);
                NarrowTile((float*)run.Panel + (3 * Lanes), tokens, run.VectorCount, lanes + (3 * Lanes));
            }

            if (run.IsLast)
            {
                AddLanes(lanes, sums);
                sums += TileTokens * SumStride;
            }

            tokens += (nint)run.VectorCount * TokenFloats;
            lanes += TileTokens * RowFloats;
            next += run.NextStride;
        }
    }

    // Six sums of each token; of the second four the last two are not sums of this tile.
    private static void AddLanes(float* lanes, float* sums)
    {
        for (int t = 0; t < TileTokens; t++, lanes += RowFloats, sums += SumStride)
        {
            VectorMath.SumFour(lanes).Store(sums);
            sums[4] = VectorMath.Sum(lanes + (4 * Lanes));
            sums[5] = VectorMath.Sum(lanes + (5 * Lanes));
        }
    }
}
