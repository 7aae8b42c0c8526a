// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Phi4.Kernels.Cpu.Dense;

/// <content>Four rows times two tokens at a time: the rows come from memory for the first two and from the first-level cache for the others.</content>
internal sealed unsafe partial class SimdDenseKernel<TOps, TV, TReader>
{
    public override void FewTokens(in FewTokenRun run)
    {
        byte** rows = stackalloc byte*[MostRowsAbreast];
        for (int r = 0; r < MostRowsAbreast; r++)
        {
            rows[r] = run.Rows.Row(r);
        }

        int t = 0;
        for (; t + 2 <= run.TokenCount; t += 2)
        {
            TwoTokens(rows, (float*)run.Tokens + (t * Lanes), run, (float*)run.Lanes + (t * Lanes));
        }

        if (t < run.TokenCount)
        {
            OneToken(rows, (float*)run.Tokens + (t * Lanes), run, (float*)run.Lanes + (t * Lanes));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoTokens(byte** rows, float* tokens, in FewTokenRun run, float* lanes)
    {
        nint stride = run.TokenCount * Lanes;
        for (int place = 0; place < Lanes; place += TOps.Count, tokens += TOps.Count, lanes += TOps.Count)
        {
            TV a0 = TOps.Load(lanes), a1 = TOps.Load(lanes + stride), a2 = TOps.Load(lanes + (2 * stride)), a3 = TOps.Load(lanes + (3 * stride));
            float* second = lanes + Lanes;
            TV b0 = TOps.Load(second), b1 = TOps.Load(second + stride), b2 = TOps.Load(second + (2 * stride)), b3 = TOps.Load(second + (3 * stride));
            byte* row0 = rows[0];
            byte* row1 = rows[1];
            byte* row2 = rows[2];
            byte* row3 = rows[3];
            float* x = tokens;
            for (int step = 0; step < run.StepCount; step++, x += 2 * stride)
            {
                Ask(row0, row1, row2, row3, run.Next);
                TV w0 = TReader.First<TOps, TV>(row0, place), w1 = TReader.First<TOps, TV>(row1, place);
                TV w2 = TReader.First<TOps, TV>(row2, place), w3 = TReader.First<TOps, TV>(row3, place);
                TV value = TOps.Load(x);
                a0 = TOps.MultiplyAdd(value, w0, a0);
                a1 = TOps.MultiplyAdd(value, w1, a1);
                a2 = TOps.MultiplyAdd(value, w2, a2);
                a3 = TOps.MultiplyAdd(value, w3, a3);
                value = TOps.Load(x + Lanes);
                b0 = TOps.MultiplyAdd(value, w0, b0);
                b1 = TOps.MultiplyAdd(value, w1, b1);
                b2 = TOps.MultiplyAdd(value, w2, b2);
                b3 = TOps.MultiplyAdd(value, w3, b3);
                w0 = TReader.Second<TOps, TV>(row0, place);
                w1 = TReader.Second<TOps, TV>(row1, place);
                w2 = TReader.Second<TOps, TV>(row2, place);
                w3 = TReader.Second<TOps, TV>(row3, place);
                value = TOps.Load(x + stride);
                a0 = TOps.MultiplyAdd(value, w0, a0);
                a1 = TOps.MultiplyAdd(value, w1, a1);
                a2 = TOps.MultiplyAdd(value, w2, a2);
                a3 = TOps.MultiplyAdd(value, w3, a3);
                value = TOps.Load(x + stride + Lanes);
                b0 = TOps.MultiplyAdd(value, w0, b0);
                b1 = TOps.MultiplyAdd(value, w1, b1);
                b2 = TOps.MultiplyAdd(value, w2, b2);
                b3 = TOps.MultiplyAdd(value, w3, b3);
                row0 += StepInputs * TReader.Bytes;
                row1 += StepInputs * TReader.Bytes;
                row2 += StepInputs * TReader.Bytes;
                row3 += StepInputs * TReader.Bytes;
            }

            Store(lanes, stride, a0, a1, a2, a3);
            Store(second, stride, b0, b1, b2, b3);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneToken(byte** rows, float* tokens, in FewTokenRun run, float* lanes)
    {
        nint stride = run.TokenCount * Lanes;
        for (int place = 0; place < Lanes; place += TOps.Count, tokens += TOps.Count, lanes += TOps.Count)
        {
            TV a0 = TOps.Load(lanes), a1 = TOps.Load(lanes + stride), a2 = TOps.Load(lanes + (2 * stride)), a3 = TOps.Load(lanes + (3 * stride));
            byte* row0 = rows[0];
            byte* row1 = rows[1];
            byte* row2 = rows[2];
            byte* row3 = rows[3];
            float* x = tokens;
            for (int step = 0; step < run.StepCount; step++, x += 2 * stride)
            {
                Ask(row0, row1, row2, row3, run.Next);
                TV value = TOps.Load(x);
                a0 = TOps.MultiplyAdd(value, TReader.First<TOps, TV>(row0, place), a0);
                a1 = TOps.MultiplyAdd(value, TReader.First<TOps, TV>(row1, place), a1);
                a2 = TOps.MultiplyAdd(value, TReader.First<TOps, TV>(row2, place), a2);
                a3 = TOps.MultiplyAdd(value, TReader.First<TOps, TV>(row3, place), a3);
                value = TOps.Load(x + stride);
                a0 = TOps.MultiplyAdd(value, TReader.Second<TOps, TV>(row0, place), a0);
                a1 = TOps.MultiplyAdd(value, TReader.Second<TOps, TV>(row1, place), a1);
                a2 = TOps.MultiplyAdd(value, TReader.Second<TOps, TV>(row2, place), a2);
                a3 = TOps.MultiplyAdd(value, TReader.Second<TOps, TV>(row3, place), a3);
                row0 += StepInputs * TReader.Bytes;
                row1 += StepInputs * TReader.Bytes;
                row2 += StepInputs * TReader.Bytes;
                row3 += StepInputs * TReader.Bytes;
            }

            Store(lanes, stride, a0, a1, a2, a3);
        }
    }

    // A step of each of the rows that come next.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Ask(byte* row0, byte* row1, byte* row2, byte* row3, nint next)
    {
        if (Sse.IsSupported)
        {
            for (int line = 0; line < StepInputs * TReader.Bytes; line += TokenPanels.VectorBytes)
            {
                Sse.Prefetch1(row0 + next + line);
                Sse.Prefetch1(row1 + next + line);
                Sse.Prefetch1(row2 + next + line);
                Sse.Prefetch1(row3 + next + line);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* lanes, nint stride, TV sum0, TV sum1, TV sum2, TV sum3)
    {
        TOps.Store(lanes, sum0);
        TOps.Store(lanes + stride, sum1);
        TOps.Store(lanes + (2 * stride), sum2);
        TOps.Store(lanes + (3 * stride), sum3);
    }
}
