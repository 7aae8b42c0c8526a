// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda;
using Phi4.Kernels.Cuda.Modules;

namespace Phi4.Core.Diagnostics;

/// <summary>Whether models can run on an NVIDIA device here. Asks the driver; loads nothing.</summary>
public static class CudaSupport
{
    /// <summary>This machine has a driver of NVIDIA's, whatever else it lacks.</summary>
    public static bool HasDriver => CudaAvailability.Probe().HasDriver;

    /// <summary>Why not: no driver, no device, one of them too old, or a build without kernels, with names and numbers. Null if they can.</summary>
    /// <param name="device">The device's number, from 0.</param>
    public static string? WhyNot(int device = 0) => Reason(CudaAvailability.Probe(device));

    /// <summary>The device's name and sizes, or null if there is none that can be used.</summary>
    /// <param name="device">The device's number, from 0.</param>
    public static string? Describe(int device = 0)
    {
        CudaAvailability found = CudaAvailability.Probe(device);
        return Reason(found) is null ? found.Device!.Value.Info.ToString() : null;
    }

    private static string? Reason(CudaAvailability found) => found.WhyNot ?? (KernelImages.Embedded is null ? KernelImages.WhyNone : null);
}
