// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Kernels.Cpu;

internal sealed partial class CpuKernels
{
    public void RmsNorm(TensorView destination, TensorView source, TensorView weight, float epsilon)
    {
        KernelShapes.RmsNorm(destination, source, weight);
        if (source.Count == 0)
        {
            return;
        }

        (_rmsNorm.Destination, _rmsNorm.Source, _rmsNorm.Weight, _rmsNorm.Epsilon) = (destination, source, weight, epsilon);
        _pool.Run(_rmsNorm, Shares(source.Count, source.Rows));
    }
}

/// <summary>Rows of the norm: the squares are summed in sixteen F32 lanes and the fixed tree, then (x * factor) * weight.</summary>
internal abstract class RmsNormJob : Job
{
    public TensorView Destination { get; set; }

    public TensorView Source { get; set; }

    public TensorView Weight { get; set; }

    public float Epsilon { get; set; }
}

/// <inheritdoc/>
internal sealed unsafe class RmsNormJob<TOps, TV> : RmsNormJob
    where TOps : struct, IVectorOps<TV>
    where TV : struct
{
    public override void Run(int share, int shareCount)
    {
        (int start, int end) = Share.Range(Source.Rows, 1, share, shareCount);
        for (int t = start; t < end; t++)
        {
            float* source = (float*)Source.Address + (t * Source.RowStride);
            float* destination = (float*)Destination.Address + (t * Destination.RowStride);
            float mean = SumOfSquares(source, Source.Columns) / Source.Columns;
            float factor = 1 / MathF.Sqrt(mean + Epsilon);
            switch (Weight.DType)
            {
                case DType.F32:
                    Scale<SingleElement>(destination, source, factor, (byte*)Weight.Address, Source.Columns);
                    break;
                case DType.BF16:
                    Scale<BFloat16Element>(destination, source, factor, (byte*)Weight.Address, Source.Columns);
                    break;
                default:
                    Scale<HalfElement>(destination, source, factor, (byte*)Weight.Address, Source.Columns);
                    break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float SumOfSquares(float* source, int width)
    {
        float* lanes = stackalloc float[VectorMath.Lanes];
        int whole = width & ~(VectorMath.Lanes - 1);
        for (int lane = 0; lane < VectorMath.Lanes; lane += 2 * TOps.Count)
        {
            TV low = TOps.Broadcast(0);
            TV high = low;
            for (nint k = lane; k < whole; k += VectorMath.Lanes)
            {
                TV x = TOps.Load(source + k);
                low = TOps.MultiplyAdd(x, x, low);
                if (TOps.Count < VectorMath.Lanes)
                {
                    x = TOps.Load(source + k + TOps.Count);
                    high = TOps.MultiplyAdd(x, x, high);
                }
            }

            TOps.Store(lanes + lane, low);
            if (TOps.Count < VectorMath.Lanes)
            {
                TOps.Store(lanes + lane + TOps.Count, high);
            }
        }

        for (int k = whole; k < width; k++)
        {
            lanes[k - whole] = ScalarOps.MultiplyAdd(source[k], source[k], lanes[k - whole]);
        }

        return VectorMath.Sum(lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale<TWeight>(float* destination, float* source, float factor, byte* weight, int width)
        where TWeight : struct, IElementType
    {
        TV factors = TOps.Broadcast(factor);
        int i = 0;
        for (; i + TOps.Count <= width; i += TOps.Count)
        {
            TV scaled = TOps.Multiply(TOps.Load(source + i), factors);
            TOps.Store(destination + i, TOps.Multiply(scaled, TWeight.Load<TOps, TV>(weight, i)));
        }

        for (; i < width; i++)
        {
            destination[i] = source[i] * factor * TWeight.Load<ScalarOps, float>(weight, i);
        }
    }
}
