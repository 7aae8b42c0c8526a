// SPDX-License-Identifier: MIT
using System.Globalization;
using Phi4.Kernels;
using Phi4.Kernels.Cpu;
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Benchmarks.Kernels;

/// <summary>
/// The machine-code bodies beside their ceilings, turn and turn about in one process: weights in memory beside plain
/// reads, weights in the second-level cache beside dot products in registers. <c>dotnet run -c Release --project bench/Phi4.Benchmarks -- machine-code [threads]</c>.
/// </summary>
internal static unsafe class MachineCodeShares
{
    private const int Turns = 9;

    public static void Run(int threadCount)
    {
        if (VnniKernels.Shared is not { } kernels)
        {
            Console.WriteLine($"No machine code here: {VnniKernels.WhyNot}.");
            return;
        }

        using var pool = new WorkerPool(threadCount);
        using DotPeak peak = DotPeak.TryCreate(DotInstruction.Int8)!;
        var dots = new Ceilings.DotJob(peak);
        using HostBuffer codes = HostBuffer.Allocate(QuantizedKernelJob.MemoryBytes, "codes");
        var address = (byte*)codes.DangerousGetHandle();
        new Span<ulong>(address, (int)(QuantizedKernelJob.MemoryBytes / sizeof(ulong))).Fill(0x0123456789ABCDEF);
        var read = new Ceilings.ReadJob((nint)address, QuantizedKernelJob.MemoryBytes);
        foreach ((WeightFormat format, bool hasOffsets) in new[] { (WeightFormat.Int8, false), (WeightFormat.Int4, false), (WeightFormat.Int4, true) })
        {
            for (int tokenCount = 1; tokenCount <= VnniKernels.MostTokens; tokenCount++)
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"{tokenCount} tokens {format}{(hasOffsets ? " with offsets" : "")}");
                using var memory = new QuantizedKernelJob(kernels, address, QuantizedKernelJob.MemoryBytes, format, hasOffsets, tokenCount, turns: 1);
                KernelShares.Report(
                    $"{name}, from memory",
                    () => pool.Run(memory, threadCount),
                    memory.BytesRead / 1e9,
                    () => pool.Run(read, threadCount),
                    QuantizedKernelJob.MemoryBytes / 1e9,
                    "GB/s",
                    Turns);
                using var cache = new QuantizedKernelJob(
                    kernels, address, QuantizedKernelJob.CacheBytes * threadCount, format, hasOffsets, tokenCount, turns: 400);
                KernelShares.Report(
                    $"{name}, from the cache",
                    () => pool.Run(cache, threadCount),
                    cache.Operations / 1e9,
                    () => pool.Run(dots, threadCount),
                    peak.OperationsPerRun * threadCount / 1e9,
                    "Gop/s",
                    Turns);
            }
        }
    }
}
