// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda;

namespace Phi4.TestSupport.Cuda;

/// <summary>The device that an emulated driver claims to have. The default is a small one of the A100's generation.</summary>
internal sealed record EmulatedDevice
{
    /// <summary>A small one of the H100's generation.</summary>
    public static EmulatedDevice Hopper { get; } = new() { Name = "Emulated Hopper", Capability = new(9, 0), SharedBytesPerBlock = 227 << 10 };

    public string Name { get; init; } = "Emulated device";

    public int Count { get; init; } = 1;

    public ComputeCapability Capability { get; init; } = new(8, 0);

    public int Multiprocessors { get; init; } = 4;

    public long MemoryBytes { get; init; } = 1L << 30;

    public int L2Bytes { get; init; } = 40 << 20;

    public int SharedBytesPerBlock { get; init; } = 163 << 10;

    /// <summary>Newest CUDA of the driver.</summary>
    public int DriverVersion { get; init; } = 12040;

    /// <summary>Newest PTX of the driver's compiler: 10 * major + minor.</summary>
    public int PtxVersion { get; init; } = 84;
}
