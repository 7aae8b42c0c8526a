// SPDX-License-Identifier: MIT
using BenchmarkDotNet.Attributes;
using Phi4.Kernels;
using Phi4.Kernels.Cpu;

namespace Phi4.Benchmarks.Kernels;

/// <summary>One layer's operations at phi-4's sizes, one token and a chunk. Shares of the machine's limits: <c>-- shares</c>.</summary>
public class KernelBenchmarks
{
    private const int HiddenSize = 5120;
    private const int HeadSize = 128;
    private const int KvHeadCount = 10;
    private const int PageSize = 32;
    private const int ContextLength = 2048;

    private readonly List<KernelBuffer> _buffers = [];
    private IKernels _kernels = null!;
    private TensorView _source, _result, _square, _gate, _up, _gated, _norm;
    private KvLayerView _cache;
    private BatchView _batch;

    [Params(1, 64)]
    public int TokenCount { get; set; }

    [Params(1, 2)]
    public int ThreadCount { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _kernels = CpuKernels.Create(new CpuOptions { ThreadCount = ThreadCount });
        const int mlpSize = 3584; // a fifth of phi-4's: enough to leave every cache
        _source = Make(DType.F32, TokenCount, HiddenSize);
        _result = Make(DType.F32, TokenCount, HiddenSize);
        _square = Make(DType.BF16, HiddenSize, HiddenSize);
        _gate = Make(DType.BF16, mlpSize, HiddenSize);
        _up = Make(DType.BF16, mlpSize, HiddenSize);
        _gated = Make(DType.F32, TokenCount, mlpSize);
        _norm = Make(DType.BF16, 1, HiddenSize);
        TensorView cache = Make(DType.BF16, ContextLength * 2, KvHeadCount * HeadSize);
        _cache = new KvLayerView(cache.Address, DType.BF16, ContextLength / PageSize, PageSize, KvHeadCount, HeadSize);
        TensorView positions = Integers(TokenCount, i => ContextLength - TokenCount + i);
        TensorView zeros = Integers(TokenCount, _ => 0);
        TensorView pages = Integers(ContextLength / PageSize, i => i);
        _batch = new BatchView(TokenCount, 1, positions, zeros, positions, zeros, pages, ContextLength);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _kernels.Dispose();
        _buffers.ForEach(buffer => buffer.Dispose());
    }

    [Benchmark]
    public void Linear() => _kernels.Linear(_result, _source, _square, TensorView.None, LinearEpilogue.None);

    [Benchmark]
    public void LinearSwiGlu() => _kernels.LinearSwiGlu(_gated, _source, _gate, _up);

    [Benchmark]
    public void RmsNorm() => _kernels.RmsNorm(_result, _source, _norm, 1e-5f);

    [Benchmark]
    public void Attention() => _kernels.Attention(_result, _source, _cache, _batch, 0.088f, int.MaxValue);

    private unsafe TensorView Make(DType dtype, int rows, int columns)
    {
        TensorView view = Allocate(dtype, rows, columns);
        var random = new Random(rows);
        for (long i = 0; i < view.Count; i++)
        {
            float value = random.NextSingle() - 0.5f;
            if (dtype == DType.F32)
            {
                ((float*)view.Address)[i] = value;
            }
            else
            {
                ((ushort*)view.Address)[i] = BFloat16.FromSingle(value);
            }
        }

        return view;
    }

    private unsafe TensorView Integers(int count, Func<int, int> value)
    {
        TensorView view = Allocate(DType.I32, 1, count);
        for (int i = 0; i < count; i++)
        {
            ((int*)view.Address)[i] = value(i);
        }

        return view;
    }

    private TensorView Allocate(DType dtype, int rows, int columns)
    {
        KernelBuffer buffer = _kernels.Allocate((long)rows * columns * dtype.SizeInBytes(), "benchmark");
        _buffers.Add(buffer);
        return buffer.View(dtype, rows, columns);
    }
}
