// SPDX-License-Identifier: MIT
using BenchmarkDotNet.Attributes;
using Phi4.Benchmarks.Measuring;
using Phi4.Kernels;

namespace Phi4.Benchmarks.Kernels;

/// <summary>What works row by row: the norm of phi-4's hidden state, and the most probable token of its vocabulary.</summary>
public class RowBenchmarks : MeasuredBenchmarks
{
    private const int HiddenSize = 5120;
    private const int VocabSize = 100_352;

    private KernelSpace _space = null!;
    private TensorView _source, _result, _norm, _logits, _ids;

    [Params(1, 64)]
    public int RowCount { get; set; }

    [ParamsSource(nameof(ThreadCounts))]
    public int ThreadCount { get; set; }

    internal override int Threads => ThreadCount;

    [GlobalSetup]
    public void Setup()
    {
        MeasureCeilings();
        _space = KernelSpace.For(ThreadCount);
        _source = _space.Random(DType.F32, RowCount, HiddenSize);
        _result = _space.Allocate(DType.F32, RowCount, HiddenSize);
        _norm = _space.Random(DType.BF16, 1, HiddenSize);
        _logits = _space.Random(DType.F32, RowCount, VocabSize);
        _ids = _space.Allocate(DType.I32, 1, RowCount);
    }

    [GlobalCleanup]
    public void Cleanup() => _space.Dispose();

    [Benchmark]
    public void RmsNorm() => _space.Kernels.RmsNorm(_result, _source, _norm, 1e-5f);

    [Benchmark]
    public void Argmax() => _space.Kernels.Argmax(_ids, _logits);

    internal override Work WorkOf(string method) => new((long)RowCount * sizeof(float) * (method == nameof(RmsNorm) ? HiddenSize : VocabSize));
}
