// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda.Driver;

namespace Phi4.Kernels.Cuda;

/// <summary>Whether CUDA can be used, on which device, or why not: an answer in every case, never an exception.</summary>
internal sealed record CudaAvailability
{
    /// <summary>The driver's CUDA version that the kernels' PTX and the launches take: 12.0, which came with driver 525.</summary>
    public const int LeastDriverVersion = 12000;

    /// <summary>Ampere: the first with bfloat16 products.</summary>
    public static readonly ComputeCapability LeastCapability = new(8, 0);

    private static readonly AsyncLocal<ICudaDriver?> Override = new();

    private CudaAvailability()
    {
    }

    /// <summary>The driver and the device that will be used; null if there is none.</summary>
    public (ICudaDriver Driver, DeviceInfo Info)? Device { get; private init; }

    /// <summary>The driver was found, whatever came then.</summary>
    public bool HasDriver { get; private init; }

    /// <summary>Why there is no device, in words and numbers; null if there is one.</summary>
    public string? WhyNot { get; private init; }

    /// <summary>Asks this machine's driver, or the one that tests have put in its place.</summary>
    /// <param name="ordinal">The device's number, from 0.</param>
    public static CudaAvailability Probe(int ordinal = 0)
    {
        string? whyNot = null;
        ICudaDriver? driver = DriverOverride ?? NativeCudaDriver.TryLoad(out whyNot);
        return driver is null ? new CudaAvailability { WhyNot = whyNot } : Probe(driver, ordinal);
    }

    /// <summary>Stands in for the machine's driver, for whatever the caller calls and starts from now on; null for none.</summary>
    internal static ICudaDriver? DriverOverride
    {
        get => Override.Value;
        set => Override.Value = value;
    }

    /// <summary>Asks a driver.</summary>
    public static unsafe CudaAvailability Probe(ICudaDriver driver, int ordinal)
    {
        CudaAvailability found = new() { HasDriver = true };
        try
        {
            int version, count;
            driver.cuDriverGetVersion(&version).ThrowIfFailed(driver);
            if (version < LeastDriverVersion)
            {
                return found with { WhyNot = $"the NVIDIA driver is too old: it knows CUDA {Text(version)}, and {Text(LeastDriverVersion)} (driver 525) is the least that will do" };
            }

            CUresult initialized = driver.cuInit(0);
            if (initialized == CUresult.CUDA_ERROR_NO_DEVICE)
            {
                return found with { WhyNot = "the NVIDIA driver finds no device" };
            }

            initialized.ThrowIfFailed(driver, log: null, nameof(ICudaDriver.cuInit));
            driver.cuDeviceGetCount(&count).ThrowIfFailed(driver);
            if (ordinal >= count)
            {
                return found with { WhyNot = count == 0 ? "the NVIDIA driver finds no device" : $"there is no device {ordinal}: the NVIDIA driver finds {count}, counted from 0" };
            }

            DeviceInfo info = DeviceInfo.Read(driver, ordinal, version);
            return info.Capability < LeastCapability
                ? found with { WhyNot = $"{info.Name} is too old: it has compute capability {info.Capability}, and {LeastCapability} is the least that will do" }
                : found with { Device = (driver, info) };
        }
        catch (CudaException e)
        {
            return found with { WhyNot = e.Message };
        }
    }

    private static string Text(int version) => FormattableString.Invariant($"{version / 1000}.{version % 1000 / 10}");
}
