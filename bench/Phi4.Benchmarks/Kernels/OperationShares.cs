// SPDX-License-Identifier: MIT
using Phi4.Core.Sampling;
using Phi4.Kernels;
using Phi4.Kernels.Cpu;

namespace Phi4.Benchmarks.Kernels;

/// <summary>
/// What a layer does besides its linears, and the choice of a token, at phi-4's sizes, beside reading the same bytes (which lie in a cache if they are few)
/// or beside F32 multiply-adds in registers. <c>dotnet run -c Release --project bench/Phi4.Benchmarks -- operation-shares [threads]</c>.
/// </summary>
internal sealed class OperationShares : IDisposable
{
    private const int Hidden = 5120;
    private const int HeadSize = 128;
    private const int HeadCount = 40;
    private const int KvHeadCount = 10;
    private const int PageSize = 32;
    private const int ContextLength = 16_384;
    private const int Chunk = 512;
    private const int VocabSize = 100_352;
    private const int LogitRows = 64;

    private readonly IKernels _kernels;
    private readonly WorkerPool _pool;
    private readonly List<KernelBuffer> _buffers = [];

    private OperationShares(int threadCount)
    {
        _kernels = CpuKernels.Create(new CpuOptions { ThreadCount = threadCount });
        _pool = new WorkerPool(threadCount);
    }

    public static void Run(int threadCount)
    {
        using var operations = new OperationShares(threadCount);
        operations.RunAll();
    }

    public void Dispose()
    {
        _buffers.ForEach(buffer => buffer.Dispose());
        _pool.Dispose();
        _kernels.Dispose();
    }

    private void RunAll()
    {
        TensorView source = Floats(Chunk, Hidden), result = Floats(Chunk, Hidden);
        long bytes = source.ByteCount;
        TensorView norm = Floats(1, Hidden);
        Reads(_pool, $"rms-norm {Chunk} x {Hidden}", () => _kernels.RmsNorm(result, source, norm, 1e-5f), source.Address, bytes);
        RunAttention(source, result);
        TensorView logits = Floats(LogitRows, VocabSize);
        TensorView ids = Allocate(DType.I32, 1, LogitRows);
        Reads(_pool, $"argmax {LogitRows} x {VocabSize}", () => _kernels.Argmax(ids, logits), logits.Address, logits.ByteCount);
        RunSampler(logits);
    }

    private void RunAttention(TensorView query, TensorView result)
    {
        TensorView key = Floats(Chunk, KvHeadCount * HeadSize), value = Floats(Chunk, KvHeadCount * HeadSize);
        TensorView rope = Floats(ContextLength, HeadSize);
        foreach (DType type in new[] { DType.F32, DType.BF16, DType.I8 })
        {
            string name = type.ToSafetensorsName().ToLowerInvariant();
            var shape = new KvLayerView(0, type, ContextLength / PageSize, PageSize, KvHeadCount, HeadSize);
            KernelBuffer memory = _kernels.Allocate(shape.ByteCount, "cache");
            _buffers.Add(memory);
            _kernels.Write<byte>(memory.View(DType.U8, 1, (int)shape.ByteCount), new byte[shape.ByteCount]);
            KvLayerView cache = shape with { Address = memory.DangerousGetHandle() };
            BatchView last = Batch(1);
            BatchView chunk = Batch(Chunk);
            Reads(
                _pool, $"rope and append {name} {Chunk}", () => _kernels.RopeAndAppend(query, key, value, rope, cache, chunk),
                query.Address, query.ByteCount);
            Reads(
                _pool, $"attention {name} 1 over {ContextLength}",
                () => _kernels.Attention(result.RowRange(0, 1), query.RowRange(0, 1), cache, last, 0.088f, int.MaxValue), cache.Address, cache.ByteCount);
            var flops = new Ceilings.MultiplyAddJob();
            KernelShares.Report(
                $"attention {name} {Chunk} over {ContextLength}",
                () => _kernels.Attention(result, query, cache, chunk, 0.088f, int.MaxValue),
                4.0 * HeadCount * HeadSize * Chunk * (ContextLength - (Chunk / 2)) / 1e9,
                () => _pool.Run(flops, _pool.ThreadCount),
                Ceilings.MultiplyAddJob.FlopsPerShare * _pool.ThreadCount / 1e9,
                "GFLOP/s",
                turns: 3);
        }
    }

    private void RunSampler(TensorView logits)
    {
        float[] row = new float[VocabSize];
        _kernels.Read<float>(row, logits.RowRange(0, 1));
        var scratch = new SamplerScratch(VocabSize);
        foreach ((string name, GenerationOptions options) in new (string, GenerationOptions)[]
        {
            ("greedy", new()), ("temperature", new() { Temperature = 1, Seed = 1 }), ("top-p 0.95", new() { Temperature = 1, TopP = 0.95f, Seed = 1 }),
        })
        {
            SamplerState state = new(options.Resolve(), VocabSize, [], []);
            int position = 0;
            using var alone = new WorkerPool(1);
            Reads(
                alone, $"sampler {name} 1 x {VocabSize}", () => Sampler.Sample(row, state, position++, scratch), logits.Address, VocabSize * sizeof(float));
        }
    }

    /// <summary>A kernel that is bound by what it reads, beside plain reading of as many bytes.</summary>
    private static void Reads(WorkerPool pool, string name, Action kernel, nint address, long byteCount)
    {
        var read = new Ceilings.ReadJob(address, byteCount);
        KernelShares.Report(name, kernel, byteCount / 1e9, () => pool.Run(read, pool.ThreadCount), byteCount / 1e9, "GB/s");
    }

    private BatchView Batch(int tokenCount)
    {
        TensorView positions = Integers(tokenCount, i => ContextLength - tokenCount + i);
        TensorView zeros = Integers(tokenCount, _ => 0);
        TensorView pages = Integers(ContextLength / PageSize, i => i);
        return new BatchView(tokenCount, 1, positions, zeros, positions, zeros, pages, ContextLength);
    }

    private TensorView Floats(int rows, int columns)
    {
        TensorView view = Allocate(DType.F32, rows, columns);
        Random random = new(rows);
        _kernels.Write<float>(view, Enumerable.Range(0, rows * columns).Select(_ => random.NextSingle() - 0.5f).ToArray());
        return view;
    }

    private TensorView Integers(int count, Func<int, int> value)
    {
        TensorView view = Allocate(DType.I32, 1, count);
        _kernels.Write<int>(view, Enumerable.Range(0, count).Select(value).ToArray());
        return view;
    }

    private TensorView Allocate(DType dtype, int rows, int columns)
    {
        KernelBuffer buffer = _kernels.Allocate((long)rows * columns * dtype.SizeInBytes(), "benchmark");
        _buffers.Add(buffer);
        return buffer.View(dtype, rows, columns);
    }
}
