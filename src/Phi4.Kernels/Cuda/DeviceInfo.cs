// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Kernels.Cuda.Driver;

namespace Phi4.Kernels.Cuda;

/// <summary>A device as the driver describes it.</summary>
/// <param name="Ordinal">Its number, from 0.</param>
/// <param name="Handle">The driver's.</param>
/// <param name="Name">The maker's.</param>
/// <param name="Capability">Compute capability: what kernels it can run.</param>
/// <param name="MultiprocessorCount">Streaming multiprocessors.</param>
/// <param name="MemoryBytes">All of its memory.</param>
/// <param name="L2Bytes">Its cache.</param>
/// <param name="SharedBytesPerBlock">Most shared memory that a block can ask for.</param>
/// <param name="DriverVersion">Newest CUDA that the driver knows: 1000 * major + 10 * minor.</param>
internal sealed record DeviceInfo(
    int Ordinal, int Handle, string Name, ComputeCapability Capability, int MultiprocessorCount, long MemoryBytes, int L2Bytes, int SharedBytesPerBlock,
    int DriverVersion)
{
    private const int NameBytes = 256;

    public static unsafe DeviceInfo Read(ICudaDriver driver, int ordinal, int driverVersion)
    {
        int handle;
        driver.cuDeviceGet(&handle, ordinal).ThrowIfFailed(driver);
        int device = handle;
        byte* name = stackalloc byte[NameBytes];
        driver.cuDeviceGetName(name, NameBytes, device).ThrowIfFailed(driver);
        nuint bytes;
        driver.cuDeviceTotalMem(&bytes, device).ThrowIfFailed(driver);
        return new DeviceInfo(
            ordinal, device, Marshal.PtrToStringUTF8((nint)name)!,
            new ComputeCapability(
                Ask(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR), Ask(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)),
            Ask(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT), (long)bytes,
            Ask(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE), Ask(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN),
            driverVersion);

        int Ask(CUdevice_attribute attribute)
        {
            int value;
            driver.cuDeviceGetAttribute(&value, attribute, device).ThrowIfFailed(driver, log: null, $"cuDeviceGetAttribute({attribute})");
            return value;
        }
    }

    /// <summary>One line for people.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Name}, compute capability {Capability}, {MultiprocessorCount} multiprocessors, {MemoryBytes:N0} bytes, CUDA {DriverVersion / 1000}.{DriverVersion % 1000 / 10} driver");
}
