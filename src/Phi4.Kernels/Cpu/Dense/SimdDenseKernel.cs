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
    private const int HalfRowFloats = RowFloats / 2;
    private const int TokenFloats = TileTokens * Lanes;

    // Sixteen lanes in one register: enough registers for a whole tile's sums, and a second-level cache behind them.
    private static bool IsWide => TOps.Count == Lanes;

    public override int StepVectors => 2;

    public override int PanelVectors => IsWide ? 160 : 32;

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

    [SkipLocalsInit]
    public override void MultiplyTiles(in TileRun run)
    {
        float* tokens = (float*)run.Tokens;
        float* lanes = (float*)run.Lanes;
        float* sums = (float*)run.Sums;
        byte* next = (byte*)run.Next;

        // Sums that end here need not go where those wait that go on.
        float* last = stackalloc float[TileTokens * RowFloats];
        for (int tile = 0; tile < run.TileCount; tile++)
        {
            float* from = run.IsFirst ? null : lanes;
            float* to = run.IsLast ? last : lanes;
            if (IsWide)
            {
                WideTile((float*)run.Panel, tokens, run.VectorCount, from, to, next);
            }
            else
            {
                NarrowTile((float*)run.Panel, tokens, run.VectorCount, from, to, next);
                NarrowTile((float*)run.Panel + HalfRowFloats, tokens, run.VectorCount, from is null ? null : from + HalfRowFloats, to + HalfRowFloats, next);
            }

            if (run.IsLast)
            {
                AddLanes(last, sums);
                sums += TileTokens * SumStride;
            }

            tokens += (nint)run.VectorCount * TokenFloats;
            lanes += TileTokens * RowFloats;
            next += run.NextStride;
        }
    }

    // 24 runs of lanes, six a token, to sums; with each token's go two floats of the next.
    [SkipLocalsInit]
    private static void AddLanes(float* lanes, float* sums)
    {
        float* all = stackalloc float[(TileTokens * TileRows) + 2];
        for (int i = 0; i < TileTokens * TileRows; i += 4)
        {
            VectorMath.SumFour(lanes + (i * Lanes)).Store(all + i);
        }

        for (int t = 0; t < TileTokens; t++)
        {
            Vector256.Load(all + (t * TileRows)).Store(sums + (t * SumStride));
        }
    }
}
