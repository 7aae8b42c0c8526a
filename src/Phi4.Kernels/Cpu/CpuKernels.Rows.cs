// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu;

/// <content>A few rows that only move: on the caller's thread, for that costs no more than waking another.</content>
internal sealed unsafe partial class CpuKernels
{
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
}
