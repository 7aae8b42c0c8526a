// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Phi4.Kernels.Cpu.Dense;

/// <content>The loops over many tokens.</content>
internal sealed unsafe partial class SimdDenseKernel<TOps, TV, TReader>
{
    // 4 tokens x 6 rows: 24 sums, 6 weights and 1 activation of 32 registers. Sums start at zero where there is nothing to start from.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WideTile(float* panel, float* tokens, int vectorCount, float* from, float* to, byte* next)
    {
        TV s00, s01, s02, s03, s04, s05, s10, s11, s12, s13, s14, s15, s20, s21, s22, s23, s24, s25, s30, s31, s32, s33, s34, s35;
        if (from is null)
        {
            s00 = s01 = s02 = s03 = s04 = s05 = s10 = s11 = s12 = s13 = s14 = s15 = TOps.Broadcast(0);
            s20 = s21 = s22 = s23 = s24 = s25 = s30 = s31 = s32 = s33 = s34 = s35 = TOps.Broadcast(0);
        }
        else
        {
            float* from1 = from + RowFloats;
            float* from2 = from + (2 * RowFloats);
            float* from3 = from + (3 * RowFloats);
            s00 = TOps.Load(from); s01 = TOps.Load(from + 16); s02 = TOps.Load(from + 32);
            s03 = TOps.Load(from + 48); s04 = TOps.Load(from + 64); s05 = TOps.Load(from + 80);
            s10 = TOps.Load(from1); s11 = TOps.Load(from1 + 16); s12 = TOps.Load(from1 + 32);
            s13 = TOps.Load(from1 + 48); s14 = TOps.Load(from1 + 64); s15 = TOps.Load(from1 + 80);
            s20 = TOps.Load(from2); s21 = TOps.Load(from2 + 16); s22 = TOps.Load(from2 + 32);
            s23 = TOps.Load(from2 + 48); s24 = TOps.Load(from2 + 64); s25 = TOps.Load(from2 + 80);
            s30 = TOps.Load(from3); s31 = TOps.Load(from3 + 16); s32 = TOps.Load(from3 + 32);
            s33 = TOps.Load(from3 + 48); s34 = TOps.Load(from3 + 64); s35 = TOps.Load(from3 + 80);
        }

        for (int vector = 0; vector < vectorCount; vector++, panel += RowFloats, tokens += TokenFloats, next += TokenPanels.VectorBytes)
        {
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(next);
            }

            TV w0 = TOps.Load(panel), w1 = TOps.Load(panel + 16), w2 = TOps.Load(panel + 32);
            TV w3 = TOps.Load(panel + 48), w4 = TOps.Load(panel + 64), w5 = TOps.Load(panel + 80);
            TV x = TOps.Load(tokens);
            s00 = TOps.MultiplyAdd(x, w0, s00);
            s01 = TOps.MultiplyAdd(x, w1, s01);
            s02 = TOps.MultiplyAdd(x, w2, s02);
            s03 = TOps.MultiplyAdd(x, w3, s03);
            s04 = TOps.MultiplyAdd(x, w4, s04);
            s05 = TOps.MultiplyAdd(x, w5, s05);
            x = TOps.Load(tokens + 16);
            s10 = TOps.MultiplyAdd(x, w0, s10);
            s11 = TOps.MultiplyAdd(x, w1, s11);
            s12 = TOps.MultiplyAdd(x, w2, s12);
            s13 = TOps.MultiplyAdd(x, w3, s13);
            s14 = TOps.MultiplyAdd(x, w4, s14);
            s15 = TOps.MultiplyAdd(x, w5, s15);
            x = TOps.Load(tokens + 32);
            s20 = TOps.MultiplyAdd(x, w0, s20);
            s21 = TOps.MultiplyAdd(x, w1, s21);
            s22 = TOps.MultiplyAdd(x, w2, s22);
            s23 = TOps.MultiplyAdd(x, w3, s23);
            s24 = TOps.MultiplyAdd(x, w4, s24);
            s25 = TOps.MultiplyAdd(x, w5, s25);
            x = TOps.Load(tokens + 48);
            s30 = TOps.MultiplyAdd(x, w0, s30);
            s31 = TOps.MultiplyAdd(x, w1, s31);
            s32 = TOps.MultiplyAdd(x, w2, s32);
            s33 = TOps.MultiplyAdd(x, w3, s33);
            s34 = TOps.MultiplyAdd(x, w4, s34);
            s35 = TOps.MultiplyAdd(x, w5, s35);
        }

        Store(to, s00, s01, s02);
        Store(to + HalfRowFloats, s03, s04, s05);
        Store(to + RowFloats, s10, s11, s12);
        Store(to + RowFloats + HalfRowFloats, s13, s14, s15);
        Store(to + (2 * RowFloats), s20, s21, s22);
        Store(to + (2 * RowFloats) + HalfRowFloats, s23, s24, s25);
        Store(to + (3 * RowFloats), s30, s31, s32);
        Store(to + (3 * RowFloats) + HalfRowFloats, s33, s34, s35);
    }

    // 4 tokens x 3 rows, one vector of the sixteen lanes at a time: 12 sums, 3 weights and 1 activation fill the 16 registers of AVX2.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void NarrowTile(float* panel, float* tokens, int vectorCount, float* from, float* to, byte* next)
    {
        for (int place = 0; place < Lanes; place += TOps.Count, panel += TOps.Count, tokens += TOps.Count, to += TOps.Count)
        {
            TV s00, s01, s02, s10, s11, s12, s20, s21, s22, s30, s31, s32;
            if (from is null)
            {
                s00 = s01 = s02 = s10 = s11 = s12 = s20 = s21 = s22 = s30 = s31 = s32 = TOps.Broadcast(0);
            }
            else
            {
                float* from0 = from + place;
                float* from1 = from0 + RowFloats;
                float* from2 = from1 + RowFloats;
                float* from3 = from2 + RowFloats;
                s00 = TOps.Load(from0); s01 = TOps.Load(from0 + 16); s02 = TOps.Load(from0 + 32);
                s10 = TOps.Load(from1); s11 = TOps.Load(from1 + 16); s12 = TOps.Load(from1 + 32);
                s20 = TOps.Load(from2); s21 = TOps.Load(from2 + 16); s22 = TOps.Load(from2 + 32);
                s30 = TOps.Load(from3); s31 = TOps.Load(from3 + 16); s32 = TOps.Load(from3 + 32);
            }

            float* row = panel;
            float* token = tokens;
            byte* wanted = next;
            for (int vector = 0; vector < vectorCount; vector++, row += RowFloats, token += TokenFloats, wanted += TokenPanels.VectorBytes)
            {
                if (Sse.IsSupported)
                {
                    Sse.Prefetch0(wanted);
                }

                TV w0 = TOps.Load(row), w1 = TOps.Load(row + 16), w2 = TOps.Load(row + 32);
                TV x = TOps.Load(token);
                s00 = TOps.MultiplyAdd(x, w0, s00);
                s01 = TOps.MultiplyAdd(x, w1, s01);
                s02 = TOps.MultiplyAdd(x, w2, s02);
                x = TOps.Load(token + 16);
                s10 = TOps.MultiplyAdd(x, w0, s10);
                s11 = TOps.MultiplyAdd(x, w1, s11);
                s12 = TOps.MultiplyAdd(x, w2, s12);
                x = TOps.Load(token + 32);
                s20 = TOps.MultiplyAdd(x, w0, s20);
                s21 = TOps.MultiplyAdd(x, w1, s21);
                s22 = TOps.MultiplyAdd(x, w2, s22);
                x = TOps.Load(token + 48);
                s30 = TOps.MultiplyAdd(x, w0, s30);
                s31 = TOps.MultiplyAdd(x, w1, s31);
                s32 = TOps.MultiplyAdd(x, w2, s32);
            }

            Store(to, s00, s01, s02);
            Store(to + RowFloats, s10, s11, s12);
            Store(to + (2 * RowFloats), s20, s21, s22);
            Store(to + (3 * RowFloats), s30, s31, s32);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* lanes, TV sum0, TV sum1, TV sum2)
    {
        TOps.Store(lanes, sum0);
        TOps.Store(lanes + 16, sum1);
        TOps.Store(lanes + 32, sum2);
    }
}
