// SPDX-License-Identifier: MIT
using BenchmarkDotNet.Attributes;
using Phi4.Benchmarks.Measuring;
using Phi4.Kernels;

namespace Phi4.Benchmarks.Kernels;

/// <summary>One layer's attention at phi-4's sizes over a cache of 4096 tokens, and what writes that cache, by the cache's type.</summary>
public class AttentionBenchmarks : MeasuredBenchmarks
{
    private const int HeadSize = 128;
    private const int HeadCount = 40;
    private const int KvHeadCount = 10;
    private const int PageSize = 32;
    private const int ContextLength = 4096;

    private KernelSpace _space = null!;
    private TensorView _query, _key, _value, _result, _rope;
    private KvLayerView _cache;
    private BatchView _batch;

    [Params("f32", "bf16", "int8")]
    public string Cache { get; set; } = "";

    [Params(1, 256)]
    public int TokenCount { get; set; }

    [ParamsSource(nameof(ThreadCounts))]
    public int ThreadCount { get; set; }

    internal override int Threads => ThreadCount;

    private DType CacheType => Cache switch { "f32" => DType.F32, "bf16" => DType.BF16, _ => DType.I8 };

    [GlobalSetup]
    public void Setup()
    {
        MeasureCeilings();
        _space = KernelSpace.For(ThreadCount);
        _query = _space.Random(DType.F32, TokenCount, HeadCount * HeadSize);
        _result = _space.Allocate(DType.F32, TokenCount, HeadCount * HeadSize);
        _key = _space.Random(DType.F32, TokenCount, KvHeadCount * HeadSize);
        _value = _space.Random(DType.F32, TokenCount, KvHeadCount * HeadSize);
        _rope = _space.Random(DType.F32, ContextLength, HeadSize);
        _cache = new KvLayerView(0, CacheType, ContextLength / PageSize, PageSize, KvHeadCount, HeadSize);
        TensorView cache = CacheType == DType.I8
            ? _space.Allocate(DType.I8, 1, (int)_cache.ByteCount)
            : _space.Random(CacheType, ContextLength * 2, KvHeadCount * HeadSize);
        _cache = _cache with { Address = cache.Address };
        TensorView positions = _space.Integers(TokenCount, i => ContextLength - TokenCount + i);
        TensorView zeros = _space.Integers(TokenCount, _ => 0);
        TensorView pages = _space.Integers(ContextLength / PageSize, i => i);
        _batch = new BatchView(TokenCount, 1, positions, zeros, positions, zeros, pages, ContextLength);
    }

    [GlobalCleanup]
    public void Cleanup() => _space.Dispose();

    [Benchmark]
    public void Attention() => _space.Kernels.Attention(_result, _query, _cache, _batch, 0.088f, int.MaxValue);

    [Benchmark]
    public void RopeAndAppend() => _space.Kernels.RopeAndAppend(_query, _key, _value, _rope, _cache, _batch);

    internal override Work WorkOf(string method) => method == nameof(Attention)
        ? new(
            _cache.ByteCount,
            4.0 * HeadCount * HeadSize * TokenCount * (ContextLength - ((TokenCount - 1) / 2.0)),
            CacheType == DType.F32 ? Product.F32 : Product.BFloat16)
        : new((HeadCount + (2L * KvHeadCount)) * HeadSize * sizeof(float) * TokenCount);
}
