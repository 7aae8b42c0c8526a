// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels;
using Phi4.Kernels.Cpu;

namespace Phi4.Benchmarks.Kernels;

/// <summary>
/// Linears with quantized weights next to their ceilings, with machine code and without. Few tokens: the rate at which codes and scales are read. Many: products,
/// beside what four-way dot products could give at most, four times the machine's multiply-adds.
/// <c>dotnet run -c Release --project bench/Phi4.Benchmarks -- quantized-shares [threads [words]]</c>: only rows with all of the words.
/// </summary>
internal static class QuantizedShares
{
    private const int MostTokens = 512;

    // Together far more than the caches hold.
    private const long LeastBytes = 400_000_000;

    private static readonly (int Hidden, int Rows)[] Shapes = [(5120, 17_920), (17_920, 5120), (2048, 7168), (7168, 2048), (2048, 2048)];

    public static void Run(int threadCount, string[] words)
    {
        using IKernels machine = CpuKernels.Create(new CpuOptions { ThreadCount = threadCount });
        using IKernels portable = CpuKernels.Create(new CpuOptions { ThreadCount = threadCount, UsesMachineCode = false });
        using var pool = new WorkerPool(threadCount);
        var random = new Random(1);
        foreach ((int hidden, int rows) in Shapes)
        {
            using KernelBuffer activations = machine.Allocate((long)MostTokens * (hidden + rows) * sizeof(float), "activations");
            TensorView source = activations.View(DType.F32, MostTokens, hidden);
            TensorView result = activations.View(DType.F32, MostTokens, rows, (long)MostTokens * hidden * sizeof(float));
            KernelShares.FillFloats(source, random);
            foreach (string format in new[] { "int8", "int4", "int4-offsets", "int4-table" })
            {
                var weights = new Lazy<Weights>(() => new Weights(machine, format, hidden, rows, random));
                foreach ((string how, IKernels kernels) in new[] { ("machine", machine), ("C#", portable) })
                {
                    foreach (int count in new[] { 1, 2, 4, 8, 16, 32, MostTokens })
                    {
                        string name = $"{format} {how} {count} x {hidden} x {rows}";
                        if (words.All(name.Split(' ').Contains))
                        {
                            void Multiply(WeightView matrix)
                                => kernels.Linear(result.RowRange(0, count), source.RowRange(0, count), matrix, TensorView.None, LinearEpilogue.None);
                            Report(name, count, weights.Value, Multiply, pool);
                        }
                    }
                }

                if (weights.IsValueCreated)
                {
                    weights.Value.Dispose();
                }
            }
        }
    }

    private static void Report(string name, int count, Weights weights, Action<WeightView> multiply, WorkerPool pool)
    {
        int threads = pool.ThreadCount;
        if (count <= 8)
        {
            double work = weights.ByteCount / 1e9;
            KernelShares.Report(name, () => Array.ForEach(weights.All, multiply), work, () => pool.Run(weights.Read, threads), work, "GB/s");
            return;
        }

        var flops = new Ceilings.MultiplyAddJob();
        WeightView matrix = weights.All[0];
        double operations = 2.0 * count * matrix.Columns * matrix.Rows / 1e9;
        KernelShares.Report(
            name, () => multiply(matrix), operations, () => pool.Run(flops, threads), 4 * Ceilings.MultiplyAddJob.FlopsPerShare * threads / 1e9, "Gop/s");
    }

    private sealed unsafe class Weights : IDisposable
    {
        private readonly KernelBuffer _buffer;

        public Weights(IKernels kernels, string format, int hidden, int rows, Random random)
        {
            WeightFormat weightFormat = format == "int8" ? WeightFormat.Int8 : WeightFormat.Int4;
            bool hasOffsets = format == "int4-offsets";
            var layout = new BlockLayout(weightFormat, hasOffsets);
            long matrixBytes = layout.ByteCount(rows, hidden);
            All = new WeightView[(LeastBytes + matrixBytes - 1) / matrixBytes];
            ByteCount = matrixBytes * All.Length;
            _buffer = kernels.Allocate(ByteCount, "weights");
            nint start = _buffer.View(DType.U8, 1, 1).Address;
            Read = new Ceilings.ReadJob(start, ByteCount);
            for (int i = 0; i < All.Length; i++)
            {
                nint matrix = start + (nint)(i * matrixBytes);
                random.NextBytes(new Span<byte>((void*)matrix, (int)matrixBytes));
                for (nint block = 0; block < matrixBytes; block += layout.BlockBytes)
                {
                    new Span<Half>((void*)(matrix + block + layout.CodeBytes), (layout.BlockBytes - layout.CodeBytes) / sizeof(Half)).Fill((Half)0.01f);
                }

                Vector128<sbyte> table = format == "int4-table"
                    ? Vector128.Create(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113)
                    : Vector128.Create(-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);
                All[i] = weightFormat == WeightFormat.Int8
                    ? WeightView.Int8(rows, hidden, matrix)
                    : WeightView.Int4(rows, hidden, matrix, hasOffsets, table);
            }
        }

        public WeightView[] All { get; }

        public long ByteCount { get; }

        public Ceilings.ReadJob Read { get; }

        public void Dispose() => _buffer.Dispose();
    }
}
