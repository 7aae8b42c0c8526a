// SPDX-License-Identifier: MIT
using BenchmarkDotNet.Attributes;
using Phi4.Benchmarks.Measuring;
using Phi4.Kernels;

namespace Phi4.Benchmarks.Kernels;

/// <summary>A linear of phi-4's hidden size by weight format and number of tokens. Matrices take turns, so that a few tokens read memory and not a cache.</summary>
public class LinearBenchmarks : MeasuredBenchmarks
{
    private const int Size = 5120;

    // More than a last-level cache holds, and more than the next call could find there.
    private const long LeastBytes = 1 << 28;

    private KernelSpace _space = null!;
    private WeightView[] _weights = [];
    private TensorView _source, _result;
    private int _turn;

    [Params("f32", "bf16", "f16", "int8", "int4")]
    public string Format { get; set; } = "";

    [Params(1, 4, 64, 512)]
    public int TokenCount { get; set; }

    [ParamsSource(nameof(ThreadCounts))]
    public int ThreadCount { get; set; }

    internal override int Threads => ThreadCount;

    private long MatrixBytes => Format switch
    {
        "f32" => 4L * Size * Size,
        "bf16" or "f16" => 2L * Size * Size,
        "int8" => new BlockLayout(WeightFormat.Int8).ByteCount(Size, Size),
        _ => new BlockLayout(WeightFormat.Int4).ByteCount(Size, Size),
    };

    [GlobalSetup]
    public void Setup()
    {
        MeasureCeilings();
        _space = KernelSpace.For(ThreadCount);
        _source = _space.Random(DType.F32, TokenCount, Size);
        _result = _space.Allocate(DType.F32, TokenCount, Size);
        _weights = [.. Enumerable.Range(0, TokenCount > 8 ? 1 : (int)(LeastBytes / MatrixBytes) + 1).Select(_ => _space.Matrix(Format, Size, Size))];
    }

    [GlobalCleanup]
    public void Cleanup() => _space.Dispose();

    [Benchmark]
    public void Linear()
    {
        _turn = (_turn + 1) % _weights.Length;
        _space.Kernels.Linear(_result, _source, _weights[_turn], TensorView.None, LinearEpilogue.None);
    }

    // Weights of many tokens may come from a cache, but then products take far longer than reading does.
    internal override Work WorkOf(string method) => new(
        MatrixBytes, 2.0 * TokenCount * Size * Size, Format is "int8" or "int4" ? Product.Int8 : Format == "bf16" ? Product.BFloat16 : Product.F32);
}
