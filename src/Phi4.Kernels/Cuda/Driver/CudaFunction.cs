// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cuda.Driver;

/// <summary>A kernel of a loaded module; valid as long as the module.</summary>
/// <param name="Handle">The driver's.</param>
/// <param name="Name">As the kernel's source has it.</param>
internal readonly record struct CudaFunction(nint Handle, string Name);
