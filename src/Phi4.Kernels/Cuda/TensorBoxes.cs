// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cuda;

/// <summary>A matrix of 16-bit numbers and the boxes that a kernel has copied of it (kernels/machine/tensor_copies.cuh).</summary>
/// <param name="Address">The first number, at a multiple of 16 bytes.</param>
/// <param name="Rows">Rows; those of a box that the matrix does not have are zeros.</param>
/// <param name="Columns">Columns; likewise.</param>
/// <param name="Stride">Numbers from row to row, a multiple of 8.</param>
/// <param name="BoxRows">Rows of a box.</param>
/// <param name="BoxColumns">Columns of a box.</param>
/// <param name="IsSwizzled">The box's rows, of 128 bytes, have their chunks exchanged.</param>
internal readonly record struct TensorBoxes(nint Address, int Rows, int Columns, long Stride, int BoxRows, int BoxColumns, bool IsSwizzled);
