// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda;
using Phi4.Kernels.Cuda.Modules;

namespace Phi4.TestSupport.Cuda;

/// <summary>The CUDA backend on this machine's device, where it has one.</summary>
internal static class RealDevice
{
    private static readonly CudaAvailability Found = CudaAvailability.Probe();

    /// <summary>Why there is none, or null.</summary>
    public static string? WhyNot => Found.WhyNot ?? (KernelImages.Embedded is null ? KernelImages.WhyNone : null);

    public static CudaKernels Create(bool roundsActivations)
        => CudaKernels.Create(Found.Device!.Value.Driver, Found.Device.Value.Info, EmulatedKernels.Small(roundsActivations));
}
