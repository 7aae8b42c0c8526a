// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using Phi4.Kernels;
using Phi4.Kernels.Cpu;

namespace Phi4.Benchmarks.Kernels;

/// <summary>
/// Each kernel next to its ceiling, turn and turn about in one process, so that a busy neighbour hits both: the best of several turns and the share.
/// <c>dotnet run -c Release --project bench/Phi4.Benchmarks -- shares [threads]</c>.
/// </summary>
internal static class KernelShares
{
    private const int Turns = 7;

    public static void Run(int threadCount)
    {
        using IKernels kernels = CpuKernels.Create(new CpuOptions { ThreadCount = threadCount });
        using var pool = new WorkerPool(threadCount);
        var random = new Random(1);
        const int hidden = 5120, rows = 40_960, tokens = 512;
        using KernelBuffer weights = kernels.Allocate((long)rows * hidden * 2, "weights");
        Fill(weights, random);
        using KernelBuffer activations = kernels.Allocate((long)tokens * hidden * 4 * 2, "activations");
        TensorView source = activations.View(DType.F32, tokens, hidden);
        TensorView result = activations.View(DType.F32, tokens, hidden, (long)tokens * hidden * 4);
        using KernelBuffer output = kernels.Allocate(rows * 4, "output");
        FillFloats(source, random);
        TensorView all = weights.View(DType.BF16, rows, hidden);
        var read = new Ceilings.ReadJob(all.Address, weights.ByteCount);
        var flops = new Ceilings.MultiplyAddJob();
        Report(
            $"gemv bf16 1 x {hidden} x {rows}",
            () => kernels.Linear(output.View(DType.F32, 1, rows), source.RowRange(0, 1), all, TensorView.None, LinearEpilogue.None),
            weights.ByteCount / 1e9,
            () => pool.Run(read, threadCount),
            weights.ByteCount / 1e9,
            "GB/s");
        foreach (int count in new[] { 2, 3, 4, 5, 8, 64, tokens })
        {
            TensorView square = all.RowRange(0, hidden);
            Report(
                $"gemm bf16 {count} x {hidden} x {hidden}",
                () => kernels.Linear(result.RowRange(0, count), source.RowRange(0, count), square, TensorView.None, LinearEpilogue.None),
                2.0 * count * hidden * hidden / 1e9,
                () => pool.Run(flops, threadCount),
                Ceilings.MultiplyAddJob.FlopsPerShare * threadCount / 1e9,
                "GFLOP/s");
        }
    }

    /// <summary>The best of several turns of both, a turn of one after a turn of the other.</summary>
    public static void Report(string name, Action kernel, double kernelWork, Action ceiling, double ceilingWork, string unit, int turns = Turns)
    {
        double best = 0, most = 0;
        for (int turn = 0; turn < turns; turn++)
        {
            most = Math.Max(most, ceilingWork / Seconds(ceiling));
            best = Math.Max(best, kernelWork / Seconds(kernel));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-38} {best,8:F1} {unit,-8} ceiling {most,8:F1}  share {best / most,6:P0}"));
    }

    private static double Seconds(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static unsafe void Fill(KernelBuffer buffer, Random random)
    {
        ushort* values = (ushort*)buffer.View(DType.BF16, 1, 1).Address;
        for (long i = 0; i < buffer.ByteCount / 2; i++)
        {
            values[i] = (ushort)(0x3C00 + (random.Next() & 0x81FF));
        }
    }

    public static unsafe void FillFloats(TensorView view, Random random)
    {
        for (long i = 0; i < view.Count; i++)
        {
            ((float*)view.Address)[i] = (random.NextSingle() * 2) - 1;
        }
    }
}
