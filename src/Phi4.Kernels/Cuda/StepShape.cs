// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cuda;

/// <summary>What the launches of a step of single tokens depend on.</summary>
/// <param name="Tokens">One of each sequence.</param>
/// <param name="Units">Units of attention that there is room for.</param>
/// <param name="Variant">Of the work.</param>
internal readonly record struct StepShape(int Tokens, int Units, int Variant);
