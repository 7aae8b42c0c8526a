// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>
/// One tile as it is stored x one token, or four: codes widen in registers, once for all tokens of the group. Each lane is a row, so nothing is added
/// across lanes.
/// </summary>
internal sealed unsafe class StoredTileKernel<TOps, TV, TInt, TI, TRoute>(int groupTokens) : TileKernel
    where TOps : struct, IVectorOps<TV>
    where TV : struct
    where TInt : struct, IIntegerOps<TI, TV>
    where TI : struct
    where TRoute : struct, IWeightRoute<TI>
{
    /// <summary>The other group size is 1.</summary>
    public const int ManyTokens = 4;

    private const int TileRows = BlockLayout.TileRows;
    private const int PairsPerBlock = TokenPack.StepsPerBlock / 2;

    public override int GroupTokens => groupTokens;

    public override TokenForm TokenForm => TRoute.TokenForm;

    public override int Bias(in WeightView weight) => TRoute.Bias(weight);

    public override void Multiply(in TileRun weights, byte* tokens, float* sums, int sumStride)
    {
        sbyte* table = stackalloc sbyte[16];
        weights.Table.Store(table);
        for (int tile = 0; tile < weights.TileCount; tile++, sums += TileRows)
        {
            byte* blocks = (byte*)weights.Blocks + (tile * weights.TileStride);
            for (int lane = 0; lane < TileRows; lane += TOps.Count)
            {
                if (groupTokens == 1)
                {
                    One(weights, blocks, table, tokens, lane, sums);
                }
                else
                {
                    Four(weights, blocks, table, tokens, lane, sums, sumStride);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(in TileRun weights, byte* blocks, sbyte* table, byte* tokens, int lane, float* sums)
    {
        byte* codes = blocks + (lane * 4);
        byte* scales = blocks + TRoute.CodeBytes + (lane * sizeof(ushort));
        int blockBytes = weights.Layout.BlockBytes;
        bool hasOffsets = weights.Layout.HasOffsets;
        TV total = TOps.Load(sums + lane);
        for (int block = 0; block < weights.BlockCount; block++)
        {
            TI sum = TInt.Zero;
            for (int pair = 0; pair < PairsPerBlock; pair++, tokens += 2 * TRoute.StepBytes)
            {
                TRoute.Load(codes, pair, table, out TI even0, out TI odd0, out TI even1, out TI odd1);
                sum = TRoute.MultiplyAdd(sum, even0, odd0, tokens);
                sum = TRoute.MultiplyAdd(sum, even1, odd1, tokens + TRoute.StepBytes);
            }

            float* numbers = (float*)tokens;
            total = Accumulate(total, sum, TOps.LoadHalf((ushort*)scales), numbers, 1);
            if (hasOffsets)
            {
                total = TOps.MultiplyAdd(LoadOffsets(scales), TOps.Broadcast(numbers[2]), total);
            }

            tokens += TokenPack.NumberBytes;

            codes += blockBytes;
            scales += blockBytes;
        }

        TOps.Store(sums + lane, total);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(in TileRun weights, byte* blocks, sbyte* table, byte* tokens, int lane, float* sums, int sumStride)
    {
        byte* codes = blocks + (lane * 4);
        byte* scales = blocks + TRoute.CodeBytes + (lane * sizeof(ushort));
        int blockBytes = weights.Layout.BlockBytes;
        bool hasOffsets = weights.Layout.HasOffsets;
        sums += lane;
        TV total0 = TOps.Load(sums), total1 = TOps.Load(sums + sumStride);
        TV total2 = TOps.Load(sums + (2 * sumStride)), total3 = TOps.Load(sums + (3 * sumStride));
        for (int block = 0; block < weights.BlockCount; block++)
        {
            TI sum0 = TInt.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
            for (int pair = 0; pair < PairsPerBlock; pair++, tokens += 2 * ManyTokens * TRoute.StepBytes)
            {
                TRoute.Load(codes, pair, table, out TI even0, out TI odd0, out TI even1, out TI odd1);
                sum0 = TRoute.MultiplyAdd(sum0, even0, odd0, tokens);
                sum1 = TRoute.MultiplyAdd(sum1, even0, odd0, tokens + TRoute.StepBytes);
                sum2 = TRoute.MultiplyAdd(sum2, even0, odd0, tokens + (2 * TRoute.StepBytes));
                sum3 = TRoute.MultiplyAdd(sum3, even0, odd0, tokens + (3 * TRoute.StepBytes));
                sum0 = TRoute.MultiplyAdd(sum0, even1, odd1, tokens + (4 * TRoute.StepBytes));
                sum1 = TRoute.MultiplyAdd(sum1, even1, odd1, tokens + (5 * TRoute.StepBytes));
                sum2 = TRoute.MultiplyAdd(sum2, even1, odd1, tokens + (6 * TRoute.StepBytes));
                sum3 = TRoute.MultiplyAdd(sum3, even1, odd1, tokens + (7 * TRoute.StepBytes));
            }

            float* numbers = (float*)tokens;
            TV scale = TOps.LoadHalf((ushort*)scales);
            total0 = Accumulate(total0, sum0, scale, numbers, ManyTokens);
            total1 = Accumulate(total1, sum1, scale, numbers + 1, ManyTokens);
            total2 = Accumulate(total2, sum2, scale, numbers + 2, ManyTokens);
            total3 = Accumulate(total3, sum3, scale, numbers + 3, ManyTokens);
            if (hasOffsets)
            {
                TV offset = LoadOffsets(scales);
                total0 = TOps.MultiplyAdd(offset, TOps.Broadcast(numbers[2 * ManyTokens]), total0);
                total1 = TOps.MultiplyAdd(offset, TOps.Broadcast(numbers[(2 * ManyTokens) + 1]), total1);
                total2 = TOps.MultiplyAdd(offset, TOps.Broadcast(numbers[(2 * ManyTokens) + 2]), total2);
                total3 = TOps.MultiplyAdd(offset, TOps.Broadcast(numbers[(2 * ManyTokens) + 3]), total3);
            }

            codes += blockBytes;
            scales += blockBytes;
            tokens += ManyTokens * TokenPack.NumberBytes;
        }

        TOps.Store(sums, total0);
        TOps.Store(sums + sumStride, total1);
        TOps.Store(sums + (2 * sumStride), total2);
        TOps.Store(sums + (3 * sumStride), total3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV LoadOffsets(byte* scales) => TOps.LoadHalf((ushort*)(scales + BlockLayout.ScaleBytes));

    // total + (float)sum * (scale * token scale), the inner product rounded.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV Accumulate(TV total, TI sum, TV scale, float* start, int toScale)
    {
        TV value = TInt.ToSingle(TInt.Add(TRoute.Finish(sum), TInt.Broadcast(start)));
        return TOps.MultiplyAdd(value, TOps.Multiply(scale, TOps.Broadcast(start[toScale])), total);
    }
}
