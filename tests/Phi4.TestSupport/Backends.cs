// SPDX-License-Identifier: MIT
using Phi4.Kernels;
using Phi4.Kernels.Cpu;
using Phi4.Kernels.Reference;
using Phi4.TestSupport.Cuda;

namespace Phi4.TestSupport;

/// <summary>
/// Every backend that tests run on, by name: the reference; the CPU with machine code, where the machine takes it; and the CPU without at each vector width
/// (wider ones than the machine has are emulated).
/// </summary>
internal static class Backends
{
    public static IReadOnlyList<string> Names { get; } = ["reference", "cpu-machine", "cpu-512", "cpu-256", "cpu-128", "cpu-scalar"];

    /// <summary>These, CUDA over the emulated device where it was built, and over this machine's where it has one.</summary>
    public static IReadOnlyList<string> AndCuda { get; } =
        [.. Names, .. new[] { ("cuda-emulated", EmulatedKernels.WhyNot), ("cuda-device", RealDevice.WhyNot) }.Where(b => b.Item2 is null).Select(b => b.Item1)];

    /// <param name="name">One of <see cref="AndCuda"/>.</param>
    /// <param name="threadCount">Threads that compute; the reference has one.</param>
    /// <param name="roundsActivations">Beside BF16 weights, as users get it; false for float32 arithmetic over the stored weights. The reference never rounds.</param>
    public static IKernels Create(string name, int threadCount = 2, bool roundsActivations = true)
    {
        var options = new CpuOptions { ThreadCount = threadCount, RoundsActivations = roundsActivations, UsesMachineCode = name == "cpu-machine" };
        return name switch
        {
            "reference" => new ReferenceKernels(),
            "cpu-machine" or "cpu-512" => CpuKernels.Create(options with { VectorWidth = VectorWidth.V512 }),
            "cpu-256" => CpuKernels.Create(options with { VectorWidth = VectorWidth.V256 }),
            "cpu-128" => CpuKernels.Create(options with { VectorWidth = VectorWidth.V128 }),
            "cpu-scalar" => CpuKernels.Create(options with { VectorWidth = VectorWidth.Scalar }),
            "cuda-emulated" => EmulatedKernels.CreateOverHostMemory(roundsActivations),
            "cuda-emulated-hopper" => EmulatedKernels.CreateOverHostMemory(roundsActivations, EmulatedDevice.Hopper),
            "cuda-device" => new DeviceBridge(RealDevice.Create(roundsActivations)),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Not a backend."),
        };
    }
}
