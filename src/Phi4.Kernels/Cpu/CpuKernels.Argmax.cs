// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Kernels.Cpu;

internal sealed partial class CpuKernels
{
    public void Argmax(TensorView destination, TensorView logits)
    {
        KernelShapes.Argmax(destination, logits);
        if (logits.Rows == 0)
        {
            return;
        }

        (_argmax.Destination, _argmax.Logits) = (destination, logits);
        _pool.Run(_argmax, Shares(logits.Count, logits.Rows));
    }
}

/// <summary>Rows to take the argmax of: first the largest value, then its first place.</summary>
internal abstract class ArgmaxJob : Job
{
    public TensorView Destination { get; set; }

    public TensorView Logits { get; set; }
}

/// <inheritdoc/>
internal sealed unsafe class ArgmaxJob<TOps, TV> : ArgmaxJob
    where TOps : struct, IVectorOps<TV>
    where TV : struct
{
    public override void Run(int share, int shareCount)
    {
        (int start, int end) = Share.Range(Logits.Rows, 1, share, shareCount);
        for (int r = start; r < end; r++)
        {
            float* row = (float*)Logits.Address + (r * Logits.RowStride);
            int place = new ReadOnlySpan<float>(row, Logits.Columns).IndexOf(Largest(row, Logits.Columns));
            ((int*)Destination.Address)[r] = Math.Max(place, 0);
        }
    }

    // Minus infinity if there is nothing but NaN.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Largest(float* row, int count)
    {
        TV best = TOps.Broadcast(float.NegativeInfinity);
        int i = 0;
        for (; i + TOps.Count <= count; i += TOps.Count)
        {
            TV x = TOps.Load(row + i);
            best = TOps.SelectLess(best, x, x, best);
        }

        float* lanes = stackalloc float[VectorMath.Lanes];
        TOps.Store(lanes, best);
        float largest = float.NegativeInfinity;
        for (int lane = 0; lane < TOps.Count; lane++)
        {
            largest = largest < lanes[lane] ? lanes[lane] : largest;
        }

        for (; i < count; i++)
        {
            largest = largest < row[i] ? row[i] : largest;
        }

        return largest;
    }
}
