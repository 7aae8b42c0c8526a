// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels;
using Phi4.Kernels.Cpu;

namespace Phi4.Benchmarks.Kernels;

/// <summary>
/// Linears with weights of plain floats next to their ceilings, a format and a way of computing at a time. Few tokens: the rate at which weights are read. Many:
/// products, beside the machine's F32 multiply-adds, and for BF16 by machine code beside twice as many.
/// </summary>
internal sealed unsafe class DenseShares : IDisposable
{
    // Weights of each format, far more than the caches hold.
    private const long WeightBytes = 400L << 20;

    private const int MostTokens = 512;
    private const int LargestWidth = 17_920;

    private static readonly (int Inputs, int Rows)[] Shapes = [(5120, 5120), (5120, 17_920), (17_920, 5120), (2048, 2048), (2048, 8192)];

    private readonly int _threadCount;
    private readonly WorkerPool _pool;
    private readonly IKernels _kernels;
    private readonly KernelBuffer _weights;
    private readonly KernelBuffer _activations;
    private readonly TensorView _source;

    private DenseShares(int threadCount)
    {
        _threadCount = threadCount;
        _pool = new WorkerPool(threadCount);
        _kernels = CpuKernels.Create(new CpuOptions { ThreadCount = threadCount });
        _weights = _kernels.Allocate(WeightBytes, "weights");
        _activations = _kernels.Allocate(2L * MostTokens * LargestWidth * sizeof(float), "activations");
        _source = _activations.View(DType.F32, MostTokens, LargestWidth);
        KernelShares.FillFloats(_source, new Random(1));
    }

    /// <param name="threadCount">Threads that compute.</param>
    /// <param name="only">The first word of what is to be measured; null for all.</param>
    public static void Run(int threadCount, string? only = null)
    {
        using var shares = new DenseShares(threadCount);
        shares.Measure("bf16", DType.BF16, new CpuOptions { ThreadCount = threadCount }, only, peak: CpuKernels.WhyNoBFloat16MachineCode is null ? 2 : 1);
        shares.Measure("bf16-c#", DType.BF16, new CpuOptions { ThreadCount = threadCount, UsesMachineCode = false }, only);
        shares.Measure("bf16-f32", DType.BF16, new CpuOptions { ThreadCount = threadCount, RoundsActivations = false }, only);
        shares.Measure("f16", DType.F16, new CpuOptions { ThreadCount = threadCount }, only);
        shares.Measure("f32", DType.F32, new CpuOptions { ThreadCount = threadCount }, only);
        if (Vector512.IsHardwareAccelerated)
        {
            shares.Measure("f32-256", DType.F32, new CpuOptions { ThreadCount = threadCount, VectorWidth = VectorWidth.V256 }, only);
        }
    }

    public void Dispose()
    {
        _weights.Dispose();
        _activations.Dispose();
        _kernels.Dispose();
        _pool.Dispose();
    }

    private void Measure(string name, DType type, CpuOptions options, string? only, int peak = 1)
    {
        if (only is not null && only != name)
        {
            return;
        }

        using IKernels kernels = CpuKernels.Create(options);
        Fill(type);
        foreach (int count in new[] { 1, 2, 3, 4, 6, 8 })
        {
            Few(kernels, name, type, count);
        }

        foreach ((int inputs, int rows) in Shapes)
        {
            foreach (int count in inputs == rows && inputs == 5120 ? [16, 32, 64, 128, MostTokens] : new[] { MostTokens })
            {
                Many(kernels, name, type, count, inputs, rows, peak);
            }
        }
    }

    private void Few(IKernels kernels, string name, DType type, int count)
    {
        const int Inputs = 5120;
        int rows = (int)(WeightBytes / type.SizeInBytes() / Inputs);
        TensorView all = _weights.View(type, rows, Inputs);
        using KernelBuffer output = kernels.Allocate((long)count * rows * sizeof(float), "output");
        var read = new Ceilings.ReadJob(all.Address, WeightBytes);
        KernelShares.Report(
            $"{name} {count} x {Inputs} x {rows}",
            () => kernels.Linear(output.View(DType.F32, count, rows), Source(count, Inputs), all, TensorView.None, LinearEpilogue.None),
            WeightBytes / 1e9,
            () => _pool.Run(read, _threadCount),
            WeightBytes / 1e9,
            "GB/s");
    }

    private void Many(IKernels kernels, string name, DType type, int count, int inputs, int rows, int peak)
    {
        TensorView result = _activations.View(DType.F32, count, rows, (long)MostTokens * LargestWidth * sizeof(float));
        TensorView weight = _weights.View(type, rows, inputs);
        var flops = new Ceilings.MultiplyAddJob();
        KernelShares.Report(
            $"{name} {count} x {inputs} x {rows}",
            () => kernels.Linear(result, Source(count, inputs), weight, TensorView.None, LinearEpilogue.None),
            2.0 * count * inputs * rows / 1e9,
            () => _pool.Run(flops, _threadCount),
            peak * Ceilings.MultiplyAddJob.FlopsPerShare * _threadCount / 1e9,
            "GFLOP/s",
            turns: 3);
    }

    private TensorView Source(int count, int inputs) => _activations.View(DType.F32, count, inputs);

    // Small numbers of either sign, never subnormal.
    private void Fill(DType type)
    {
        nint start = _weights.View(DType.U8, 1, 1).Address;
        var random = new Random(2);
        if (type == DType.F32)
        {
            KernelShares.FillFloats(_weights.View(DType.F32, (int)(WeightBytes / sizeof(float) / 1024), 1024), random);
            return;
        }

        ushort* values = (ushort*)start;
        int lowest = type == DType.BF16 ? 0x3C00 : 0x2000;
        for (long i = 0; i < WeightBytes / 2; i++)
        {
            values[i] = (ushort)(lowest + (random.Next() & 0x81FF));
        }
    }
}
