// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using Phi4.Kernels;
using Phi4.Kernels.Cpu;

namespace Phi4.Benchmarks.Kernels;

/// <summary>
/// Attention of one decode step at phi-4's sizes (40 query heads, 10 of keys and values, 128 wide) by cache type and length, beside plain reading of the cache,
/// turn and turn about. Enough layers, one after the other, that none is still in a processor's cache when its turn comes again.
/// <c>dotnet run -c Release --project bench/Phi4.Benchmarks -- attention [threads] [types] [lengths]</c>, types and lengths with commas between.
/// </summary>
internal sealed class AttentionShares : IDisposable
{
    private const int HeadSize = 128;
    private const int HeadCount = 40;
    private const int KvHeadCount = 10;
    private const int PageSize = 32;
    private const int Chunk = 512;
    private const int Turns = 9;
    private const long LeastBytes = 192L << 20;

    private readonly KernelSpace _space;
    private readonly WorkerPool _pool;
    private readonly TensorView _query, _key, _value, _rope, _result;

    private AttentionShares(int threadCount, int longest)
    {
        _space = KernelSpace.For(threadCount);
        _pool = new WorkerPool(threadCount);
        _query = _space.Random(DType.F32, Chunk, HeadCount * HeadSize);
        _key = _space.Random(DType.F32, Chunk, KvHeadCount * HeadSize);
        _value = _space.Random(DType.F32, Chunk, KvHeadCount * HeadSize);
        _rope = _space.Random(DType.F32, longest, HeadSize);
        _result = _space.Allocate(DType.F32, 1, HeadCount * HeadSize);
    }

    public static void Run(string[] arguments)
    {
        int threads = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : Environment.ProcessorCount;
        string[] types = arguments.Length > 1 ? arguments[1].Split(',') : ["bf16", "int8", "f32"];
        int[] lengths = arguments.Length > 2 ? [.. arguments[2].Split(',').Select(int.Parse)] : [512, 4096, 16_384];
        Console.WriteLine("one token's attention      GB/s   reading   share   us a layer   ns a position and head");
        foreach (int length in lengths)
        {
            foreach (string type in types)
            {
                using var shares = new AttentionShares(threads, length);
                shares.Measure(type, type switch { "f32" => DType.F32, "int8" => DType.I8, _ => DType.BF16 }, length);
            }
        }
    }

    public void Dispose()
    {
        _space.Dispose();
        _pool.Dispose();
    }

    private void Measure(string name, DType type, int length)
    {
        var shape = new KvLayerView(0, type, (length + PageSize - 1) / PageSize, PageSize, KvHeadCount, HeadSize);
        int layerCount = (int)Math.Max(2, (LeastBytes + shape.ByteCount - 1) / shape.ByteCount);
        TensorView memory = _space.Allocate(DType.U8, layerCount, (int)shape.ByteCount);
        KvLayerView[] layers = [.. Enumerable.Range(0, layerCount).Select(i => shape with { Address = memory.Address + (nint)(i * shape.ByteCount) })];
        foreach (KvLayerView layer in layers)
        {
            for (int start = 0; start < length; start += Chunk)
            {
                int count = Math.Min(Chunk, length - start);
                _space.Kernels.RopeAndAppend(
                    _query.RowRange(0, count), _key.RowRange(0, count), _value.RowRange(0, count), _rope, layer, Batch(start, count, length));
            }
        }

        KernelShares.FillFloats(_query, new Random(1));
        BatchView last = Batch(length - 1, 1, length);
        var read = new Ceilings.ReadJob(memory.Address, memory.ByteCount);
        double attention = double.MaxValue, reading = double.MaxValue;
        for (int turn = 0; turn < Turns; turn++)
        {
            reading = Math.Min(reading, Seconds(() => _pool.Run(read, _pool.ThreadCount)));
            attention = Math.Min(attention, Seconds(() =>
            {
                foreach (KvLayerView layer in layers)
                {
                    _space.Kernels.Attention(_result, _query.RowRange(0, 1), layer, last, 0.088f, int.MaxValue);
                }
            }));
        }

        double layerMicroseconds = attention * 1e6 / layerCount;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-5} over {length,6} {memory.ByteCount / attention / 1e9,14:F1} {memory.ByteCount / reading / 1e9,9:F1} {reading / attention,7:P0} {layerMicroseconds,12:F1} {layerMicroseconds * 1000 / length / KvHeadCount,12:F1}"));
    }

    private BatchView Batch(int start, int count, int length)
    {
        TensorView positions = _space.Integers(count, i => start + i);
        TensorView zeros = _space.Integers(count, _ => 0);
        TensorView pages = _space.Integers((length + PageSize - 1) / PageSize, i => i);
        return new BatchView(count, 1, positions, positions, positions, zeros, pages, start + count);
    }

    private static double Seconds(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
