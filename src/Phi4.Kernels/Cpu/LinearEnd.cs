// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu;

/// <summary>What happens to the sums of a product, whatever the weights were stored as.</summary>
internal readonly record struct LinearEnd(TensorView Destination, TensorView Bias, bool IsGated, LinearEpilogue Epilogue);

/// <summary>
/// Finished sums of some rows of weights for some tokens, those of a token <paramref name="Stride"/> floats behind those of the token before. They may be written over, and
/// whole vectors of them read.
/// </summary>
/// <param name="FirstToken">Token of the first sums.</param>
/// <param name="TokenCount">Tokens.</param>
/// <param name="FirstRow">Row of weights of a token's first sum.</param>
/// <param name="RowCount">Sums of a token.</param>
/// <param name="Sums">The sums.</param>
/// <param name="Ups">Where gated: those of the other matrix.</param>
/// <param name="Stride">Floats.</param>
internal readonly unsafe record struct FinishedSums(int FirstToken, int TokenCount, int FirstRow, int RowCount, nint Sums, nint Ups, int Stride);

/// <summary>The last step of the linear kernels: sums to destination, elementwise.</summary>
internal static unsafe class LinearEnd<TOps, TV>
    where TOps : struct, IVectorOps<TV>
    where TV : struct
{
    /// <summary>destination[t, n] from finished sums: + bias, then + residual; gated: silu(sums) * ups.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Finish(in LinearEnd end, in FinishedSums finished)
    {
        float* destination = (float*)end.Destination.Address + (finished.FirstToken * end.Destination.RowStride) + finished.FirstRow;
        float* sums = (float*)finished.Sums;
        float* ups = (float*)finished.Ups;
        int count = finished.RowCount;
        for (int t = 0; t < finished.TokenCount; t++)
        {
            if (end.IsGated)
            {
                Gate(sums, ups, count);
            }
            else if (!end.Bias.IsNone)
            {
                AddBias(end.Bias, finished.FirstRow, sums, count);
            }

            Store(destination, sums, count, end.Epilogue == LinearEpilogue.AddResidual);
            destination += end.Destination.RowStride;
            sums += finished.Stride;
            ups += finished.Stride;
        }
    }

    // Whole vectors: what lies behind the last sum is spoiled.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Gate(float* sums, float* ups, int count)
    {
        for (int i = 0; i < count; i += TOps.Count)
        {
            TOps.Store(sums + i, VectorMath.SwiGlu<TOps, TV>(TOps.Load(sums + i), TOps.Load(ups + i)));
        }
    }

    private static void AddBias(TensorView bias, int n, float* sums, int count)
    {
        for (int i = 0; i < count; i++)
        {
            sums[i] += Value(bias, n + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* destination, float* sums, int count, bool addsResidual)
    {
        int i = 0;
        for (; i + TOps.Count <= count; i += TOps.Count)
        {
            TV sum = TOps.Load(sums + i);
            TOps.Store(destination + i, addsResidual ? TOps.Add(TOps.Load(destination + i), sum) : sum);
        }

        for (; i + Vector128<float>.Count <= count; i += Vector128<float>.Count)
        {
            Vector128<float> sum = Vector128.Load(sums + i);
            (addsResidual ? Vector128.Load(destination + i) + sum : sum).Store(destination + i);
        }

        for (; i < count; i++)
        {
            destination[i] = addsResidual ? destination[i] + sums[i] : sums[i];
        }
    }

    private static float Value(TensorView vector, int i) => vector.DType switch
    {
        DType.F32 => ((float*)vector.Address)[i],
        DType.BF16 => BFloat16.ToSingle(((ushort*)vector.Address)[i]),
        _ => (float)((Half*)vector.Address)[i],
    };
}
