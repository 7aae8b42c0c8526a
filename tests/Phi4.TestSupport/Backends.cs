// SPDX-License-Identifier: MIT
using Phi4.Kernels;
using Phi4.Kernels.Cpu;
using Phi4.Kernels.Reference;

namespace Phi4.TestSupport;

/// <summary>
/// Every backend that tests run on, by name: the reference; the CPU with machine code, where the machine takes it; and the CPU without at each vector width
/// (wider ones than the machine has are emulated).
/// </summary>
internal static class Backends
{
    public static IReadOnlyList<string> Names { get; } = ["reference", "cpu-machine", "cpu-512", "cpu-256", "cpu-128", "cpu-scalar"];

    public static IKernels Create(string name, int threadCount = 2) => name switch
    {
        "reference" => new ReferenceKernels(),
        "cpu-machine" => CpuKernels.Create(new CpuOptions { VectorWidth = VectorWidth.V512, ThreadCount = threadCount }),
        "cpu-512" => Cpu(VectorWidth.V512, threadCount),
        "cpu-256" => Cpu(VectorWidth.V256, threadCount),
        "cpu-128" => Cpu(VectorWidth.V128, threadCount),
        "cpu-scalar" => Cpu(VectorWidth.Scalar, threadCount),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Not a backend."),
    };

    private static IKernels Cpu(VectorWidth width, int threadCount)
        => CpuKernels.Create(new CpuOptions { VectorWidth = width, ThreadCount = threadCount, UsesMachineCode = false });
}
