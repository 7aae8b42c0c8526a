// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda;

namespace Phi4.TestSupport.Cuda;

/// <summary>Puts an emulated driver in the place of this machine's, for everything that the caller does until it is disposed.</summary>
internal sealed class EmulatedMachine : IDisposable
{
    public EmulatedMachine(EmulatedCudaDriver driver)
    {
        Driver = driver;
        CudaAvailability.DriverOverride = driver;
    }

    public EmulatedCudaDriver Driver { get; }

    /// <summary>A machine with the emulated device, which must have been built.</summary>
    public static EmulatedMachine WithKernels(EmulatedDevice? device = null) => new(EmulatedKernels.CreateDriver(device));

    /// <summary>A machine whose device runs nothing: kernels are found, and launches leave memory as it is.</summary>
    public static EmulatedMachine WithIdleKernels(EmulatedDevice? device = null) => new(
        new EmulatedCudaDriver(device ?? new EmulatedDevice(), new IdleKernels()) { IsPoisoned = false });

    public void Dispose() => CudaAvailability.DriverOverride = null;

    private sealed class IdleKernels : IEmulatedKernels
    {
        public int Find(string name) => 0;

        public int ParameterBytes(int kernel) => 0;

        public string? Launch(int kernel, EmulatedLaunch launch, ReadOnlySpan<byte> parameters) => null;
    }
}
