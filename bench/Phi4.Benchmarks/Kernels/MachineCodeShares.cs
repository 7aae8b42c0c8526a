// SPDX-License-Identifier: MIT
using System.Globalization;
using Phi4.Kernels;
using Phi4.Kernels.Cpu;
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Benchmarks.Kernels;

/// <summary>
/// The machine-code bodies beside their ceilings, turn and turn about in one process: the panel kernel beside dot products in registers, the
/// few-token kernels beside plain reads. <c>dotnet run -c Release --project bench/Phi4.Benchmarks -- machine-code [threads]</c>.
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
        using var peak = new DotPeakJob();
        foreach (bool hasOffsets in new[] { false, true })
        {
            using var panel = new PanelJob(kernels, hasOffsets, threadCount);
            KernelShares.Report(
                $"panel {(hasOffsets ? "with offsets" : "")} 32 x {PanelJob.Columns} x {PanelJob.Groups * VnniKernels.PanelTokens}",
                () => pool.Run(panel, threadCount),
                PanelJob.OperationsPerShare * threadCount / 1e9,
                () => pool.Run(peak, threadCount),
                DotPeakJob.OperationsPerShare * threadCount / 1e9,
                "Gop/s",
                Turns);
        }

        using HostBuffer codes = HostBuffer.Allocate(FewTokenJob.Bytes, "codes");
        var address = (byte*)codes.DangerousGetHandle();
        new Span<ulong>(address, (int)(FewTokenJob.Bytes / sizeof(ulong))).Fill(0x0123456789ABCDEF);
        var read = new Ceilings.ReadJob((nint)address, FewTokenJob.Bytes);
        foreach ((WeightFormat format, bool hasOffsets) in new[] { (WeightFormat.Int8, false), (WeightFormat.Int4, false), (WeightFormat.Int4, true) })
        {
            foreach (int tokenCount in new[] { 1, 2, 4, 8 })
            {
                using var few = new FewTokenJob(kernels, address, format, hasOffsets, tokenCount, threadCount);
                KernelShares.Report(
                    string.Create(CultureInfo.InvariantCulture, $"{tokenCount} tokens {format}{(hasOffsets ? " with offsets" : "")}"),
                    () => pool.Run(few, threadCount),
                    few.BytesRead / 1e9,
                    () => pool.Run(read, threadCount),
                    FewTokenJob.Bytes / 1e9,
                    "GB/s",
                    Turns);
            }
        }
    }
}
