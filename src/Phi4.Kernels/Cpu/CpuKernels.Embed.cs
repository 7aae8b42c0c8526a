// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Kernels.Cpu;

internal sealed partial class CpuKernels
{
    public void Embed(TensorView destination, TensorView table, TensorView ids)
    {
        KernelShapes.Embed(destination, table, ids);
        if (destination.Count == 0)
        {
            return;
        }

        (_embed.Destination, _embed.Table, _embed.Ids) = (destination, table, ids);
        _pool.Run(_embed, Shares(destination.Count, destination.Rows));
    }
}

/// <summary>Rows of a table, widened.</summary>
internal abstract class EmbedJob : Job
{
    public TensorView Destination { get; set; }

    public TensorView Table { get; set; }

    public TensorView Ids { get; set; }
}

/// <inheritdoc/>
internal sealed unsafe class EmbedJob<TOps, TV> : EmbedJob
    where TOps : struct, IVectorOps<TV>
    where TV : struct
{
    public override void Run(int share, int shareCount)
    {
        (int start, int end) = Share.Range(Destination.Rows, 1, share, shareCount);
        for (int t = start; t < end; t++)
        {
            float* destination = (float*)Destination.Address + (t * Destination.RowStride);
            byte* row = (byte*)Table.Address + (((int*)Ids.Address)[t] * Table.RowStride * Table.DType.SizeInBytes());
            switch (Table.DType)
            {
                case DType.F32:
                    Widen<SingleElement>(row, destination, Destination.Columns);
                    break;
                case DType.BF16:
                    Widen<BFloat16Element>(row, destination, Destination.Columns);
                    break;
                default:
                    Widen<HalfElement>(row, destination, Destination.Columns);
                    break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widen<TElement>(byte* row, float* destination, int width)
        where TElement : struct, IElementType
    {
        int i = 0;
        for (; i + TOps.Count <= width; i += TOps.Count)
        {
            TOps.Store(destination + i, TElement.Load<TOps, TV>(row, i));
        }

        for (; i < width; i++)
        {
            destination[i] = TElement.Load<ScalarOps, float>(row, i);
        }
    }
}
