// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Kernels.Cpu;

internal sealed unsafe partial class CpuKernels<TLanes, TVector>
{
    /// <summary>From this many tokens on, weights are widened once and met by tiles of tokens; below, each weight row is read as it is stored.</summary>
    private const int FewTokens = Tile<TLanes, TVector>.Tokens - 1;

    /// <summary>Widened weight rows that one share works on at a time fill at most this many values, so that they stay in the second-level cache.</summary>
    private const int WidenedValues = 48 * 1024;

    /// <summary>Features of the gated product that one share computes at a time.</summary>
    private const int GatedBlock = 48;

    public void Linear(TensorView destination, TensorView source, TensorView weight, TensorView bias, LinearEpilogue epilogue)
    {
        KernelShapes.Linear(destination, source, weight, bias);
        float* widenedBias = null;
        long perShare = WidenedPerShare(source);
        float* scratch = Scratch(perShare + weight.Rows);
        if (!bias.IsNone)
        {
            widenedBias = scratch + perShare * _pool.ThreadCount;
            Widen(bias, 0, widenedBias);
        }

        var job = new LinearJob(destination, source, weight, default, (nint)scratch, perShare, (nint)widenedBias, epilogue == LinearEpilogue.AddResidual);
        switch (weight.DType)
        {
            case DType.F32:
                _pool.Run(&LinearShare<Float32Element>, &job);
                break;
            case DType.BF16:
                _pool.Run(&LinearShare<BFloat16Element>, &job);
                break;
            case DType.F16:
                _pool.Run(&LinearShare<Float16Element>, &job);
                break;
            default:
                throw NotAFloatType(weight);
        }
    }

    public void LinearSwiGlu(TensorView destination, TensorView source, TensorView gate, TensorView up)
    {
        KernelShapes.LinearSwiGlu(destination, source, gate, up);
        long perShare = WidenedPerShare(source) + 2L * GatedBlock * source.Rows;
        var job = new LinearJob(destination, source, gate, up, (nint)Scratch(perShare), perShare, 0, AddsResidual: false);
        switch (gate.DType)
        {
            case DType.F32:
                _pool.Run(&SwiGluShare<Float32Element>, &job);
                break;
            case DType.BF16:
                _pool.Run(&SwiGluShare<BFloat16Element>, &job);
                break;
            case DType.F16:
                _pool.Run(&SwiGluShare<Float16Element>, &job);
                break;
            default:
                throw NotAFloatType(gate);
        }
    }

    private static void LinearShare<TElement>(void* state, int share, int shareCount)
        where TElement : struct, IElement
    {
        LinearJob job = *(LinearJob*)state;
        (int from, int to) = PartOf(job.Weight.Rows, share, shareCount, unit: 12);
        float* widened = (float*)job.Scratch + share * job.ScratchPerShare;
        var target = new Target((nint)((float*)job.Destination.Address + from), job.Destination.RowStride, job.Bias == 0 ? 0 : job.Bias + from * sizeof(float), job.AddsResidual);
        Product<TElement>(target, job.Source, job.Weight, from, to, widened);
    }

    private static void SwiGluShare<TElement>(void* state, int share, int shareCount)
        where TElement : struct, IElement
    {
        LinearJob job = *(LinearJob*)state;
        int tokens = job.Source.Rows;
        (int from, int to) = PartOf(job.Weight.Rows, share, shareCount, unit: 12);
        float* gates = (float*)job.Scratch + share * job.ScratchPerShare;
        float* ups = gates + GatedBlock * tokens;
        float* widened = ups + GatedBlock * tokens;
        for (int start = from; start < to; start += GatedBlock)
        {
            int end = Math.Min(to, start + GatedBlock);
            Product<TElement>(new Target((nint)gates, GatedBlock, 0, false), job.Source, job.Weight, start, end, widened);
            Product<TElement>(new Target((nint)ups, GatedBlock, 0, false), job.Source, job.Up, start, end, widened);
            for (int t = 0; t < tokens; t++)
            {
                Gate(gates + t * GatedBlock, ups + t * GatedBlock, Row(job.Destination, t) + start, end - start);
            }
        }
    }

    /// <summary>destination = silu(gates) * ups. The buffers hold whole lanes; the destination only <paramref name="count"/> values.</summary>
    private static void Gate(float* gates, float* ups, float* destination, int count)
    {
        for (int i = 0; i < count; i += LaneMath.Count)
        {
            TLanes gated = TLanes.Silu(TLanes.Load(gates + i)) * TLanes.Load(ups + i);
            if (i + LaneMath.Count <= count)
            {
                gated.Store(destination + i);
            }
            else
            {
                gated.Store(gates + i);
                new ReadOnlySpan<float>(gates + i, count - i).CopyTo(new Span<float>(destination + i, count - i));
            }
        }
    }

    /// <summary>Weight rows [from, to) times all tokens; row <paramref name="from"/> goes to the target's first column.</summary>
    private static void Product<TElement>(Target target, TensorView source, TensorView weight, int from, int to, float* widened)
        where TElement : struct, IElement
    {
        int width = source.Columns;
        if (source.Rows <= FewTokens || width % LaneMath.Count != 0)
        {
            RowByRow<TElement>(target, source, 0, source.Rows, (byte*)weight.Address + from * weight.RowStride * TElement.Size, weight.RowStride * TElement.Size, to - from);
            return;
        }

        int blockRows = Math.Max(Tile<TLanes, TVector>.Rows, WidenedValues / width / Tile<TLanes, TVector>.Rows * Tile<TLanes, TVector>.Rows);
        for (int start = from; start < to; start += blockRows)
        {
            int rows = Math.Min(blockRows, to - start);
            for (int r = 0; r < rows; r++)
            {
                Widen<TElement>((byte*)weight.Address + (start + r) * weight.RowStride * TElement.Size, widened + (long)r * width, width);
            }

            Tiles(target.Shift(start - from), source, widened, rows);
        }
    }

    private static void Tiles(Target target, TensorView source, float* widened, int rows)
    {
        int width = source.Columns;
        int wholeTokens = source.Rows / Tile<TLanes, TVector>.Tokens * Tile<TLanes, TVector>.Tokens;
        int wholeRows = rows / Tile<TLanes, TVector>.Rows * Tile<TLanes, TVector>.Rows;
        float* sums = stackalloc float[Tile<TLanes, TVector>.Tokens * Tile<TLanes, TVector>.Rows];
        for (int t = 0; t < wholeTokens; t += Tile<TLanes, TVector>.Tokens)
        {
            for (int r = 0; r < wholeRows; r += Tile<TLanes, TVector>.Rows)
            {
                Tile<TLanes, TVector>.Multiply(Row(source, t), source.RowStride, widened + (long)r * width, width, sums);
                for (int i = 0; i < Tile<TLanes, TVector>.Tokens * Tile<TLanes, TVector>.Rows; i++)
                {
                    target.Put(t + i / Tile<TLanes, TVector>.Rows, r + i % Tile<TLanes, TVector>.Rows, sums[i]);
                }
            }
        }

        long rowBytes = (long)width * sizeof(float);
        RowByRow<Float32Element>(target.Shift(wholeRows), source, 0, wholeTokens, (byte*)(widened + (long)wholeRows * width), rowBytes, rows - wholeRows);
        RowByRow<Float32Element>(target, source, wholeTokens, source.Rows, (byte*)widened, rowBytes, rows);
    }

    /// <summary>Tokens [fromToken, toToken) times each row, four rows at a time, read as they are stored.</summary>
    private static void RowByRow<TElement>(Target target, TensorView source, int fromToken, int toToken, byte* rows, long rowBytes, int rowCount)
        where TElement : struct, IElement
    {
        float* sums = stackalloc float[4];
        int r = 0;
        for (; r <= rowCount - 4; r += 4)
        {
            for (int t = fromToken; t < toToken; t++)
            {
                Dot<TLanes>.FourRows<TElement>(Row(source, t), rows + r * rowBytes, rowBytes, source.Columns, sums);
                for (int i = 0; i < 4; i++)
                {
                    target.Put(t, r + i, sums[i]);
                }
            }
        }

        for (; r < rowCount; r++)
        {
            for (int t = fromToken; t < toToken; t++)
            {
                target.Put(t, r, Dot<TLanes>.OneRow<TElement>(Row(source, t), rows + r * rowBytes, source.Columns));
            }
        }
    }

    private static long WidenedPerShare(TensorView source) => Math.Max(WidenedValues, (long)Tile<TLanes, TVector>.Rows * source.Columns) + LaneMath.Count;

    private readonly record struct LinearJob(
        TensorView Destination, TensorView Source, TensorView Weight, TensorView Up, nint Scratch, long ScratchPerShare, nint Bias, bool AddsResidual);

    /// <summary>Where sums go, and what is done with them on the way.</summary>
    private readonly record struct Target(nint Address, long RowStride, nint Bias, bool AddsResidual)
    {
        public Target Shift(int columns) => this with { Address = Address + columns * sizeof(float), Bias = Bias == 0 ? 0 : Bias + columns * sizeof(float) };

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Put(int row, int column, float sum)
        {
            float* place = (float*)Address + row * RowStride + column;
            sum = Bias == 0 ? sum : sum + ((float*)Bias)[column];
            *place = AddsResidual ? *place + sum : sum;
        }
    }
}
