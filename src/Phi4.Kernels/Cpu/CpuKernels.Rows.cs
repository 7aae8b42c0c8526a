// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu;

/// <content>Operations that only move rows: on the caller's thread, for they cost no more than waking another.</content>
internal sealed unsafe partial class CpuKernels
{
    public void Embed(TensorView destination, TensorView table, TensorView ids)
    {
        KernelShapes.Embed(destination, table, ids);
        int* indices = (int*)ids.Address;
        for (int t = 0; t < destination.Rows; t++)
        {
            float* target = (float*)destination.Address + (t * destination.RowStride);
            byte* row = (byte*)table.Address + (indices[t] * table.RowStride * table.DType.SizeInBytes());
            switch (table.DType)
            {
                case DType.F32:
                    CopyRow((float*)row, target, destination.Columns);
                    break;
                case DType.BF16:
                    WidenRow<BFloat16Element>(row, target, destination.Columns);
                    break;
                default:
                    WidenRow<HalfElement>(row, target, destination.Columns);
                    break;
            }
        }
    }

    public void GatherRows(TensorView destination, TensorView source, TensorView rows)
    {
        KernelShapes.GatherRows(destination, source, rows);
        int* indices = (int*)rows.Address;
        for (int r = 0; r < destination.Rows; r++)
        {
            CopyRow(
                (float*)source.Address + (indices[r] * source.RowStride),
                (float*)destination.Address + (r * destination.RowStride),
                destination.Columns);
        }
    }

    private static void CopyRow(float* source, float* destination, int count)
        => new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(destination, count));

    private static void WidenRow<TElement>(byte* row, float* destination, int count)
        where TElement : struct, IElementType
    {
        for (int i = 0; i < count; i++)
        {
            destination[i] = TElement.Load<ScalarOps, float>(row, i);
        }
    }
}
