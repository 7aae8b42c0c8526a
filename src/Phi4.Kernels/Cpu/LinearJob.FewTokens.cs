// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Kernels.Cpu;

/// <content>
/// Few tokens: bound by reading the weights. Four rows side by side hide the latency of the multiply-adds; weights widen in registers, and each token
/// after the first finds the four rows in the second-level cache.
/// traffic: N * H weights, once, in order.
/// </content>
internal sealed unsafe partial class LinearJob<TOps, TV>
{
    private static void FewTokens<TWeight>(in LinearCall call, int start, int end, float* space)
        where TWeight : struct, IElementType
    {
        int width = call.Source.Columns;
        int whole = width & ~(VectorMath.Lanes - 1);
        int tokenCount = call.Source.Rows;
        float* sums = space;
        float* lanes = sums + (FewTokenLimit * SumFloats);
        float* tails = lanes + (4 * VectorMath.Lanes);
        float* sourceTails = tails + (4 * VectorMath.Lanes);
        for (int t = 0; t < tokenCount; t++)
        {
            CopyTail<SingleElement>((byte*)SourceRow(call, t), whole, width, sourceTails + (t * VectorMath.Lanes));
        }

        int step = call.Up.IsNone ? 4 : 2;
        byte** rows = stackalloc byte*[4];
        for (int run = start; run < end; run += RunRows)
        {
            int count = Math.Min(RunRows, end - run);
            for (int i = 0; i < count; i += step)
            {
                // Rows past the end repeat the last one; their sums are dropped.
                for (int r = 0; r < 4; r++)
                {
                    rows[r] = Row<TWeight>(r < step ? call.Weight : call.Up, run + Math.Min(i + (r % step), count - 1));
                }

                for (int r = 0; r < 4 && whole < width; r++)
                {
                    CopyTail<TWeight>(rows[r], whole, width, tails + (r * VectorMath.Lanes));
                }

                for (int t = 0; t < tokenCount; t++)
                {
                    FourRows<TWeight>(rows, SourceRow(call, t), whole, lanes);
                    if (whole < width)
                    {
                        AddTails(tails, sourceTails + (t * VectorMath.Lanes), lanes);
                    }

                    for (int r = 0; r < 4; r++)
                    {
                        // Gated: the second half of a token's sums is of the rows of up.
                        int place = (t * SumFloats) + (r / step * RunRows) + i + (r % step);
                        sums[place] = VectorMath.Sum(lanes + (r * VectorMath.Lanes));
                    }
                }
            }

            for (int t = 0; t < tokenCount; t++)
            {
                LinearEnd<TOps, TV>.Finish(call.End, t, run, count, sums + (t * SumFloats), sums + (t * SumFloats) + RunRows);
            }
        }
    }

    private static float* SourceRow(in LinearCall call, int t) => (float*)call.Source.Address + (t * call.Source.RowStride);

    // lanes[r, :] = sum over k of rows[r][k..k+16) * source[k..k+16). Up to two vectors of lanes at a time.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows<TWeight>(byte** rows, float* source, int width, float* lanes)
        where TWeight : struct, IElementType
    {
        byte* row0 = rows[0];
        byte* row1 = rows[1];
        byte* row2 = rows[2];
        byte* row3 = rows[3];
        for (int lane = 0; lane < VectorMath.Lanes; lane += 2 * TOps.Count)
        {
            TV low0 = TOps.Broadcast(0), low1 = low0, low2 = low0, low3 = low0;
            TV high0 = low0, high1 = low0, high2 = low0, high3 = low0;
            for (nint k = lane; k < width; k += VectorMath.Lanes)
            {
                TV x = TOps.Load(source + k);
                low0 = TOps.MultiplyAdd(x, TWeight.Load<TOps, TV>(row0, k), low0);
                low1 = TOps.MultiplyAdd(x, TWeight.Load<TOps, TV>(row1, k), low1);
                low2 = TOps.MultiplyAdd(x, TWeight.Load<TOps, TV>(row2, k), low2);
                low3 = TOps.MultiplyAdd(x, TWeight.Load<TOps, TV>(row3, k), low3);
                if (TOps.Count < VectorMath.Lanes)
                {
                    x = TOps.Load(source + k + TOps.Count);
                    high0 = TOps.MultiplyAdd(x, TWeight.Load<TOps, TV>(row0, k + TOps.Count), high0);
                    high1 = TOps.MultiplyAdd(x, TWeight.Load<TOps, TV>(row1, k + TOps.Count), high1);
                    high2 = TOps.MultiplyAdd(x, TWeight.Load<TOps, TV>(row2, k + TOps.Count), high2);
                    high3 = TOps.MultiplyAdd(x, TWeight.Load<TOps, TV>(row3, k + TOps.Count), high3);
                }
            }

            float* destination = lanes + lane;
            TOps.Store(destination, low0);
            TOps.Store(destination + VectorMath.Lanes, low1);
            TOps.Store(destination + (2 * VectorMath.Lanes), low2);
            TOps.Store(destination + (3 * VectorMath.Lanes), low3);
            if (TOps.Count < VectorMath.Lanes)
            {
                destination += TOps.Count;
                TOps.Store(destination, high0);
                TOps.Store(destination + VectorMath.Lanes, high1);
                TOps.Store(destination + (2 * VectorMath.Lanes), high2);
                TOps.Store(destination + (3 * VectorMath.Lanes), high3);
            }
        }
    }

    private static void AddTails(float* tails, float* sourceTail, float* lanes)
    {
        for (int i = 0; i < 4 * VectorMath.Lanes; i += TOps.Count)
        {
            TV x = TOps.Load(sourceTail + (i % VectorMath.Lanes));
            TOps.Store(lanes + i, TOps.MultiplyAdd(x, TOps.Load(tails + i), TOps.Load(lanes + i)));
        }
    }
}
