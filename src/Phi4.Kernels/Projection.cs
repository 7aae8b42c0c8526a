// SPDX-License-Identifier: MIT
namespace Phi4.Kernels;

/// <summary>Queries, keys and values of some tokens, side by side in one tensor.</summary>
/// <param name="All">[T, (Q + 2K)*D].</param>
/// <param name="Query">[T, Q*D], the first columns of it.</param>
/// <param name="Key">[T, K*D], the next.</param>
/// <param name="Value">[T, K*D], the last.</param>
internal readonly record struct Projection(TensorView All, TensorView Query, TensorView Key, TensorView Value);
