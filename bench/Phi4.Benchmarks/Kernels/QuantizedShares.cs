// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels;
using Phi4.Kernels.Cpu;

namespace Phi4.Benchmarks.Kernels;

/// <summary>
/// Linears with quantized weights next to their ceilings, with machine code and without. One token: the rate at which codes and scales are read. Many: products,
/// beside what four-way dot products could give at most, four times the machine's multiply-adds.
/// </summary>
internal static class QuantizedShares
{
    private const int Hidden = 5120;
    private const int Rows = 17_920;

    // Together far more than the caches hold.
    private const int Matrices = 8;
    private const int MostTokens = 512;

    public static void Run(int threadCount)
    {
        using IKernels machine = CpuKernels.Create(new CpuOptions { ThreadCount = threadCount });
        using IKernels portable = CpuKernels.Create(new CpuOptions { ThreadCount = threadCount, UsesMachineCode = false });
        using var pool = new WorkerPool(threadCount);
        using KernelBuffer activations = machine.Allocate((long)MostTokens * (Hidden + Rows) * sizeof(float), "activations");
        TensorView source = activations.View(DType.F32, MostTokens, Hidden);
        TensorView result = activations.View(DType.F32, MostTokens, Rows, (long)MostTokens * Hidden * sizeof(float));
        var random = new Random(1);
        KernelShares.FillFloats(source, random);
        foreach (string format in new[] { "int8", "int4", "int4 offsets", "int4 table" })
        {
            using var weights = new Weights(machine, format, random);
            foreach ((string how, IKernels kernels) in new[] { ("machine", machine), ("C#", portable) })
            {
                void Multiply(int count, WeightView matrix)
                    => kernels.Linear(result.RowRange(0, count), source.RowRange(0, count), matrix, TensorView.None, LinearEpilogue.None);

                foreach (int count in new[] { 1, 2, 4, 8 })
                {
                    KernelShares.Report(
                        $"{format} {how} {count} x {Hidden} x {Rows}",
                        () => Array.ForEach(weights.All, matrix => Multiply(count, matrix)),
                        weights.ByteCount / 1e9,
                        () => pool.Run(weights.Read, threadCount),
                        weights.ByteCount / 1e9,
                        "GB/s");
                }

                foreach (int count in new[] { 32, MostTokens })
                {
                    KernelShares.Report(
                        $"{format} {how} {count} x {Hidden} x {Rows}",
                        () => Multiply(count, weights.All[0]),
                        2.0 * count * Hidden * Rows / 1e9,
                        () => pool.Run(new Ceilings.MultiplyAddJob(), threadCount),
                        4 * Ceilings.MultiplyAddJob.FlopsPerShare * threadCount / 1e9,
                        "Gop/s");
                }
            }
        }
    }

    private sealed unsafe class Weights : IDisposable
    {
        private readonly KernelBuffer _buffer;

        public Weights(IKernels kernels, string format, Random random)
        {
            WeightFormat weightFormat = format == "int8" ? WeightFormat.Int8 : WeightFormat.Int4;
            bool hasOffsets = format == "int4 offsets";
            long codeBytes = BlockLayout.CodeBytes(weightFormat, Rows, Hidden);
            long scaleBytes = BlockLayout.ScaleBytes(Rows, Hidden);
            long matrixBytes = codeBytes + (scaleBytes * (hasOffsets ? 2 : 1));
            ByteCount = matrixBytes * Matrices;
            _buffer = kernels.Allocate(ByteCount, "weights");
            nint start = _buffer.View(DType.U8, 1, 1).Address;
            Read = new Ceilings.ReadJob(start, ByteCount);
            for (int i = 0; i < Matrices; i++)
            {
                nint codes = start + (nint)(i * matrixBytes);
                random.NextBytes(new Span<byte>((void*)codes, (int)codeBytes));
                nint scales = codes + (nint)codeBytes;
                new Span<Half>((void*)scales, (int)((matrixBytes - codeBytes) / 2)).Fill((Half)0.01f);
                nint offsets = hasOffsets ? scales + (nint)scaleBytes : 0;
                Vector128<sbyte> table = format == "int4 table"
                    ? Vector128.Create(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113)
                    : Vector128.Create(-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);
                All[i] = weightFormat == WeightFormat.Int8
                    ? WeightView.Int8(Rows, Hidden, codes, scales)
                    : WeightView.Int4(Rows, Hidden, codes, scales, offsets, table);
            }
        }

        public WeightView[] All { get; } = new WeightView[Matrices];

        public long ByteCount { get; }

        public Ceilings.ReadJob Read { get; }

        public void Dispose() => _buffer.Dispose();
    }
}
