// SPDX-License-Identifier: MIT
using Phi4.Kernels;
using Phi4.Kernels.Cuda;
using Phi4.Kernels.Cuda.Driver;
using Phi4.Kernels.Cuda.Modules;

namespace Phi4.TestSupport.Cuda;

/// <summary>The CUDA backend without a card: its own launch code, over the kernels' own sources compiled for this processor.</summary>
internal static class EmulatedKernels
{
    /// <summary>Why there is none, or null.</summary>
    public static string? WhyNot =>
        EmulatorLibrary.Instance is null ? $"{EmulatorLibrary.Path} was not built: that takes clang++ 19 or newer"
        : KernelImages.Embedded is null ? KernelImages.WhyNone
        : null;

    public static EmulatedCudaDriver CreateDriver(EmulatedDevice? device = null, bool isLazy = false)
        => new(device ?? new EmulatedDevice(), EmulatorLibrary.Instance ?? throw new InvalidOperationException(WhyNot)) { IsLazy = isLazy };

    /// <summary>Over device memory.</summary>
    public static CudaKernels Create(EmulatedCudaDriver driver, CudaOptions? options = null)
        => CudaKernels.Create(driver, CudaAvailability.Probe(driver, 0).Device!.Value.Info, options ?? Small());

    /// <summary>Small buffers for copies, so that tests see several of them; no cache on disk.</summary>
    public static CudaOptions Small(bool roundsActivations = true)
        => new() { RoundsActivations = roundsActivations, Cache = null, StagingBytes = 64 << 10, StagingCount = 3 };

    /// <summary>Over host memory, for tests that fill and read arrays. What waits for too little, or writes past its memory, fails.</summary>
    public static IKernels CreateOverHostMemory(bool roundsActivations, EmulatedDevice? device = null)
    {
        EmulatedCudaDriver driver = CreateDriver(device, isLazy: true);
        return new DeviceBridge(Create(driver, Small(roundsActivations)));
    }
}
