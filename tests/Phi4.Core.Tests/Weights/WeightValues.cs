// SPDX-License-Identifier: MIT
using Phi4.Kernels;
using Phi4.Kernels.Reference;

namespace Phi4.Core.Tests.Weights;

/// <summary>What a weight matrix is worth, by the reference's own product with one-hot rows.</summary>
internal static class WeightValues
{
    /// <summary>[rows, columns] in order.</summary>
    public static unsafe double[] Read(WeightView view)
    {
        using ReferenceKernels kernels = new();
        float[] oneHot = new float[view.Columns * view.Columns];
        for (int i = 0; i < view.Columns; i++)
        {
            oneHot[(i * view.Columns) + i] = 1;
        }

        float[] transposed = new float[view.Columns * view.Rows];
        fixed (float* source = oneHot)
        fixed (float* destination = transposed)
        {
            kernels.Linear(
                new TensorView((nint)destination, DType.F32, view.Columns, view.Rows), new TensorView((nint)source, DType.F32, view.Columns, view.Columns),
                view, TensorView.None, LinearEpilogue.None);
        }

        double[] values = new double[transposed.Length];
        for (int row = 0; row < view.Rows; row++)
        {
            for (int column = 0; column < view.Columns; column++)
            {
                values[(row * view.Columns) + column] = transposed[(column * view.Rows) + row];
            }
        }

        return values;
    }
}
