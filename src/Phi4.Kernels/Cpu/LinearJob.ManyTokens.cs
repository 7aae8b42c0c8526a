// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Phi4.Kernels.Cpu;

/// <content>
/// Many tokens: bound by multiply-adds. A panel of 12 rows x 384 inputs is widened once and used by every token of the block, 4 tokens x 3 rows at
/// a time; the lanes of unfinished sums wait in scratch (a store and a load change no bit) while the panel moves along the inputs. The tokens are packed
/// panel by panel first: rows a multiple of 4 KiB apart would fall on the same lines of the first-level cache and drive the panel out.
/// </content>
internal sealed unsafe partial class LinearJob<TOps, TV>
{
    private const int TileTokens = 4;
    private const int TileRows = 3;
    private const int TokenLanes = RowsPerBlock * VectorMath.Lanes;

    private static void ManyTokens<TWeight>(in LinearCall call, int start, int end, float* space)
        where TWeight : struct, IElementType
    {
        float* panel = space;
        float* lanes = panel + PanelFloats;
        float* sums = lanes + LaneFloats;
        float* packed = sums + SumFloats;
        int width = call.Source.Columns;
        int step = call.Up.IsNone ? RowsPerBlock : RowsPerBlock / 2;
        byte** rows = stackalloc byte*[RowsPerBlock];
        for (int token = 0; token < call.Source.Rows; token += TokenBlock)
        {
            int tokenCount = Math.Min(TokenBlock, call.Source.Rows - token);
            Pack(call.Source.RowRange(token, tokenCount), packed);
            for (int n = start; n < end; n += step)
            {
                int count = Math.Min(step, end - n);
                for (int r = 0; r < RowsPerBlock; r++)
                {
                    // Rows past the end repeat the last one; their sums are dropped.
                    rows[r] = Row<TWeight>(r < step ? call.Weight : call.Up, n + Math.Min(r % step, count - 1));
                }

                new Span<float>(lanes, tokenCount * TokenLanes).Clear();
                float* source = packed;
                for (int k = 0; k < width; k += PanelWidth, source += tokenCount * PanelWidth)
                {
                    int panelWidth = Math.Min(PanelWidth, width - k);
                    WidenPanel<TWeight>(rows, k, panelWidth, panel);
                    MultiplyPanel(source, tokenCount, panel, panelWidth, lanes);
                }

                for (int t = 0; t < tokenCount; t++)
                {
                    for (int r = 0; r < RowsPerBlock; r += 4)
                    {
                        VectorMath.SumFour(lanes + (t * TokenLanes) + (r * VectorMath.Lanes)).Store(sums + r);
                    }

                    LinearEnd<TOps, TV>.Finish(call.End, token + t, n, count, sums, sums + step);
                }
            }
        }
    }

    // packed[panel, t, :] = source[t, panel * 384 ..], zeros behind the last input up to a multiple of 16.
    private static void Pack(TensorView source, float* packed)
    {
        for (int k = 0; k < source.Columns; k += PanelWidth)
        {
            int width = Math.Min(PanelWidth, source.Columns - k);
            int padding = -width & (VectorMath.Lanes - 1);
            for (int t = 0; t < source.Rows; t++, packed += PanelWidth)
            {
                new ReadOnlySpan<float>((float*)source.Address + (t * source.RowStride) + k, width).CopyTo(new Span<float>(packed, width));
                new Span<float>(packed + width, padding).Clear();
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WidenPanel<TWeight>(byte** rows, int start, int width, float* panel)
        where TWeight : struct, IElementType
    {
        int whole = width & ~(VectorMath.Lanes - 1);
        for (int r = 0; r < RowsPerBlock; r++)
        {
            byte* row = rows[r] + ((nint)start * TWeight.Bytes);
            float* destination = panel + (r * PanelWidth);
            for (nint k = 0; k < whole; k += VectorMath.Lanes)
            {
                // Twelve short runs are too short for the machine to see where they go: ask for the next panel's part. Past the row's end it does no harm.
                if (Sse.IsSupported)
                {
                    Sse.Prefetch0(row + ((k + PanelWidth) * TWeight.Bytes));
                }

                for (int lane = 0; lane < VectorMath.Lanes; lane += TOps.Count)
                {
                    TOps.Store(destination + k + lane, TWeight.Load<TOps, TV>(row, k + lane));
                }
            }

            if (whole < width)
            {
                CopyTail<TWeight>(row, whole, width, destination + whole);
            }
        }
    }

    private static void MultiplyPanel(float* source, int tokenCount, float* panel, int width, float* lanes)
    {
        int t = 0;
        for (; t + TileTokens <= tokenCount; t += TileTokens)
        {
            for (int r = 0; r < RowsPerBlock; r += TileRows)
            {
                Tile(source + (t * PanelWidth), panel + (r * PanelWidth), width, lanes + (t * TokenLanes) + (r * VectorMath.Lanes));
            }
        }

        for (; t < tokenCount; t++)
        {
            for (int r = 0; r < RowsPerBlock; r += TileRows)
            {
                ThinTile(source + (t * PanelWidth), panel + (r * PanelWidth), width, lanes + (t * TokenLanes) + (r * VectorMath.Lanes));
            }
        }
    }

    // 4 tokens x 3 rows, one vector of the sixteen lanes at a time: 12 sums, 3 weights and 1 source fill the 16 registers of AVX2.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile(float* source, float* panel, int width, float* lanes)
    {
        for (int lane = 0; lane < VectorMath.Lanes; lane += TOps.Count)
        {
            float* sums0 = lanes + lane;
            float* sums1 = sums0 + TokenLanes;
            float* sums2 = sums1 + TokenLanes;
            float* sums3 = sums2 + TokenLanes;
            TV s00 = TOps.Load(sums0), s01 = TOps.Load(sums0 + 16), s02 = TOps.Load(sums0 + 32);
            TV s10 = TOps.Load(sums1), s11 = TOps.Load(sums1 + 16), s12 = TOps.Load(sums1 + 32);
            TV s20 = TOps.Load(sums2), s21 = TOps.Load(sums2 + 16), s22 = TOps.Load(sums2 + 32);
            TV s30 = TOps.Load(sums3), s31 = TOps.Load(sums3 + 16), s32 = TOps.Load(sums3 + 32);
            float* tokens = source + lane;
            float* w = panel + lane;
            for (nint k = 0; k < width; k += VectorMath.Lanes)
            {
                TV w0 = TOps.Load(w + k);
                TV w1 = TOps.Load(w + k + PanelWidth);
                TV w2 = TOps.Load(w + k + (2 * PanelWidth));
                TV x = TOps.Load(tokens + k);
                s00 = TOps.MultiplyAdd(x, w0, s00);
                s01 = TOps.MultiplyAdd(x, w1, s01);
                s02 = TOps.MultiplyAdd(x, w2, s02);
                x = TOps.Load(tokens + k + PanelWidth);
                s10 = TOps.MultiplyAdd(x, w0, s10);
                s11 = TOps.MultiplyAdd(x, w1, s11);
                s12 = TOps.MultiplyAdd(x, w2, s12);
                x = TOps.Load(tokens + k + (2 * PanelWidth));
                s20 = TOps.MultiplyAdd(x, w0, s20);
                s21 = TOps.MultiplyAdd(x, w1, s21);
                s22 = TOps.MultiplyAdd(x, w2, s22);
                x = TOps.Load(tokens + k + (3 * PanelWidth));
                s30 = TOps.MultiplyAdd(x, w0, s30);
                s31 = TOps.MultiplyAdd(x, w1, s31);
                s32 = TOps.MultiplyAdd(x, w2, s32);
            }

            Store(sums0, s00, s01, s02);
            Store(sums1, s10, s11, s12);
            Store(sums2, s20, s21, s22);
            Store(sums3, s30, s31, s32);
        }
    }

    // 1 token x 3 rows, up to two vectors of lanes at a time.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ThinTile(float* source, float* panel, int width, float* lanes)
    {
        for (int lane = 0; lane < VectorMath.Lanes; lane += 2 * TOps.Count)
        {
            // With sixteen lanes in one vector there is no second; it then repeats the first and is not stored.
            int second = TOps.Count < VectorMath.Lanes ? TOps.Count : 0;
            float* low = lanes + lane;
            float* high = low + second;
            TV low0 = TOps.Load(low), low1 = TOps.Load(low + 16), low2 = TOps.Load(low + 32);
            TV high0 = TOps.Load(high), high1 = TOps.Load(high + 16), high2 = TOps.Load(high + 32);
            float* w = panel + lane;
            for (nint k = 0; k < width; k += VectorMath.Lanes)
            {
                TV x = TOps.Load(source + lane + k);
                low0 = TOps.MultiplyAdd(x, TOps.Load(w + k), low0);
                low1 = TOps.MultiplyAdd(x, TOps.Load(w + k + PanelWidth), low1);
                low2 = TOps.MultiplyAdd(x, TOps.Load(w + k + (2 * PanelWidth)), low2);
                if (TOps.Count < VectorMath.Lanes)
                {
                    x = TOps.Load(source + lane + k + second);
                    high0 = TOps.MultiplyAdd(x, TOps.Load(w + k + second), high0);
                    high1 = TOps.MultiplyAdd(x, TOps.Load(w + k + second + PanelWidth), high1);
                    high2 = TOps.MultiplyAdd(x, TOps.Load(w + k + second + (2 * PanelWidth)), high2);
                }
            }

            Store(low, low0, low1, low2);
            if (TOps.Count < VectorMath.Lanes)
            {
                Store(high, high0, high1, high2);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* destination, TV sum0, TV sum1, TV sum2)
    {
        TOps.Store(destination, sum0);
        TOps.Store(destination + 16, sum1);
        TOps.Store(destination + 32, sum2);
    }
}
