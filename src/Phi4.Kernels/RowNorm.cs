// SPDX-License-Identifier: MIT
namespace Phi4.Kernels;

/// <summary>A root-mean-square norm that an operation applies to its source first.</summary>
/// <param name="Weight">[1, H].</param>
/// <param name="Epsilon">Added to the mean of the squares.</param>
/// <param name="Room">[T, H]: for the normed rows, where a backend computes them by themselves; holds anything afterwards. May be the source.</param>
internal readonly record struct RowNorm(TensorView Weight, float Epsilon, TensorView Room)
{
    /// <summary>No norm.</summary>
    public static RowNorm None => default;

    public bool IsNone => Weight.IsNone;
}
