// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu;

internal sealed unsafe partial class CpuKernels<TLanes, TVector>
{
    /// <summary>Squares are summed in the canonical order; the mean and its root are taken in F32.</summary>
    public void RmsNorm(TensorView destination, TensorView source, TensorView weight, float epsilon)
    {
        KernelShapes.RmsNorm(destination, source, weight);
        float* widened = Scratch(weight.Columns);
        Widen(weight, 0, widened);
        var job = new NormJob(destination, source, (nint)widened, epsilon);
        if (source.Rows == 1)
        {
            NormShare(&job, 0, 1);
        }
        else
        {
            _pool.Run(&NormShare, &job);
        }
    }

    private static void NormShare(void* state, int share, int shareCount)
    {
        NormJob job = *(NormJob*)state;
        int width = job.Source.Columns;
        float* weight = (float*)job.Weight;
        (int from, int to) = PartOf(job.Source.Rows, share, shareCount, unit: 1);
        for (int t = from; t < to; t++)
        {
            float* x = Row(job.Source, t);
            float* y = Row(job.Destination, t);
            float mean = Dot<TLanes>.OneRow<Float32Element>(x, (byte*)x, width) / width;
            float scale = 1f / MathF.Sqrt(mean + job.Epsilon);
            TLanes scales = TLanes.Broadcast(scale);
            int i = 0;
            for (; i <= width - LaneMath.Count; i += LaneMath.Count)
            {
                (TLanes.Load(x + i) * scales * TLanes.Load(weight + i)).Store(y + i);
            }

            for (; i < width; i++)
            {
                y[i] = x[i] * scale * weight[i];
            }
        }
    }

    private readonly record struct NormJob(TensorView Destination, TensorView Source, nint Weight, float Epsilon);
}
