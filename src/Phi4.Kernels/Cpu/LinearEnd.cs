// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Kernels.Cpu;

/// <summary>What happens to the sums of a product, whatever the weights were stored as.</summary>
internal readonly record struct LinearEnd(TensorView Destination, TensorView Bias, bool IsGated, LinearEpilogue Epilogue);

/// <summary>The last step of the linear kernels: sums to destination, elementwise.</summary>
internal static unsafe class LinearEnd<TOps, TV>
    where TOps : struct, IVectorOps<TV>
    where TV : struct
{
    /// <summary>destination[t, n..n+count) from finished sums: + bias, then + residual; gated: silu(sums) * ups.</summary>
    public static void Finish(in LinearEnd end, int t, int n, int count, float* sums, float* ups)
    {
        float* destination = (float*)end.Destination.Address + (t * end.Destination.RowStride) + n;
        if (end.IsGated)
        {
            FinishGated(destination, sums, ups, count);
            return;
        }

        if (!end.Bias.IsNone)
        {
            for (int i = 0; i < count; i++)
            {
                sums[i] += Value(end.Bias, n + i);
            }
        }

        bool addsResidual = end.Epilogue == LinearEpilogue.AddResidual;
        int done = 0;
        for (; done + TOps.Count <= count; done += TOps.Count)
        {
            TV sum = TOps.Load(sums + done);
            TOps.Store(destination + done, addsResidual ? TOps.Add(TOps.Load(destination + done), sum) : sum);
        }

        for (; done < count; done++)
        {
            destination[done] = addsResidual ? destination[done] + sums[done] : sums[done];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FinishGated(float* destination, float* sums, float* ups, int count)
    {
        int i = 0;
        for (; i + TOps.Count <= count; i += TOps.Count)
        {
            TOps.Store(destination + i, VectorMath.SwiGlu<TOps, TV>(TOps.Load(sums + i), TOps.Load(ups + i)));
        }

        for (; i < count; i++)
        {
            destination[i] = VectorMath.SwiGlu<ScalarOps, float>(sums[i], ups[i]);
        }
    }

    private static float Value(TensorView vector, int i) => vector.DType switch
    {
        DType.F32 => ((float*)vector.Address)[i],
        DType.BF16 => BFloat16.ToSingle(((ushort*)vector.Address)[i]),
        _ => (float)((Half*)vector.Address)[i],
    };
}
