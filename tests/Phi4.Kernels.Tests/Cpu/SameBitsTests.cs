// SPDX-License-Identifier: MIT
using CsCheck;
using Phi4.TestSupport;

namespace Phi4.Kernels.Tests.Cpu;

/// <summary>Rule 20: the same bits for any thread count, vector width, batch composition and chunking.</summary>
public sealed class SameBitsTests
{
    private static readonly string[] Widths = ["cpu-machine", "cpu-512", "cpu-256", "cpu-128", "cpu-scalar"];

    /// <summary>Name → what it computes. Large enough that several threads take part.</summary>
    private static readonly Dictionary<string, Func<IKernels, float[,]>> Operations = new()
    {
        ["gemv f32"] = k => Linear(k, 1, 448, 1111, DType.F32),
        ["gemv bf16"] = k => Linear(k, 1, 451, 1111, DType.BF16),
        ["gemv f16"] = k => Linear(k, 1, 450, 1111, DType.F16),
        ["few bf16"] = k => Linear(k, 7, 5199, 131, DType.BF16),
        ["few f16"] = k => Linear(k, 8, 449, 131, DType.F16),
        ["gemm bf16 wide"] = k => Linear(k, 37, 5199, 73, DType.BF16),
        ["gemm f32"] = k => Linear(k, 33, 460, 131, DType.F32),
        ["gemm bf16"] = k => Linear(k, 134, 448, 97, DType.BF16),
        ["gemm f16"] = k => Linear(k, 6, 1001, 131, DType.F16),
        ["swiglu one"] = k => SwiGlu(k, 1, 448, 611),
        ["swiglu many"] = k => SwiGlu(k, 21, 449, 131),
        ["rms-norm"] = RmsNorm,
        ["rope bf16"] = k => Rope(k, DType.BF16),
        ["rope int8"] = k => Rope(k, DType.I8),
        ["attention f32"] = k => Attention(k, DType.F32, 64),
        ["attention bf16"] = k => Attention(k, DType.BF16, 128),
        ["attention int8"] = k => Attention(k, DType.I8, 128),
        ["attention int8 odd head"] = k => Attention(k, DType.I8, 20),
        ["attention odd head"] = k => Attention(k, DType.BF16, 20),
        ["attention decode"] = Decode,
    };

    [Test]
    public void AnyThreadCount_GivesTheSameBits([ValueSource(nameof(Names))] string operation, [Values(2, 3, 5)] int threads)
    {
        using IKernels one = Backends.Create("cpu-256", 1);
        using IKernels several = Backends.Create("cpu-256", threads);
        Compare.SameBits(Operations[operation](several), Operations[operation](one), operation);
    }

    [Test]
    public void AnyWidth_GivesTheSameBits([ValueSource(nameof(Names))] string operation, [ValueSource(nameof(Widths))] string width)
    {
        using IKernels one = Backends.Create("cpu-256", 1);
        using IKernels other = Backends.Create(width, 2);
        Compare.SameBits(Operations[operation](other), Operations[operation](one), operation);
    }

    [Test]
    public void Linear_RowsAloneOrTogether_GiveTheSameBits([ValueSource(nameof(Widths))] string width, [Values] bool isGated)
    {
        using IKernels kernels = Backends.Create(width);
        foreach ((int tokens, int inputs, int features, DType dtype) in new[]
        {
            (7, 5300, 53, DType.BF16), (40, 5300, 53, DType.BF16), (8, 1300, 50, DType.F32), (2, 384, 13, DType.BF16), (3, 17, 5, DType.F32), (4, 400, 12, DType.F16), (5, 800, 25, DType.BF16), (131, 33, 31, DType.F32), (9, 16, 511, DType.BF16),
        })
        {
            var random = new Random(tokens);
            using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, inputs, gap: 1);
            using TestMatrix weight = TestMatrix.Random(random, dtype, features, inputs);
            using TestMatrix up = TestMatrix.Random(random, dtype, features, inputs);
            using TestMatrix together = TestMatrix.Empty(tokens, features);
            using TestMatrix alone = TestMatrix.Empty(tokens, features);
            void Multiply(TensorView destination, TensorView rows)
            {
                if (isGated)
                {
                    kernels.LinearSwiGlu(destination, rows, weight.View, up.View);
                }
                else
                {
                    kernels.Linear(destination, rows, weight.View, TensorView.None, LinearEpilogue.None);
                }
            }

            Multiply(together.View, source.View);
            for (int t = 0; t < tokens; t++)
            {
                Multiply(alone.View.RowRange(t, 1), source.View.RowRange(t, 1));
            }

            Compare.SameBits(together.ToArray(), alone.ToArray(), $"{tokens} tokens, {inputs} inputs, {dtype}");
        }
    }

    [Test]
    public void Attention_InChunks_GivesTheSameBits([Values(1, 7, 255, 300)] int chunk, [Values("cpu-machine", "cpu-256")] string width, [Values(DType.F32, DType.BF16, DType.I8)] DType type)
    {
        using IKernels kernels = Backends.Create(width, 3);
        using var test = new AttentionCase(1, 4, 2, 16, 32, type, (0, 600));
        CheckPieces(kernels, test, chunk, int.MaxValue);
        CheckPieces(kernels, test, chunk, window: 270);
    }

    [Test]
    public void Attention_RandomBatch_EqualsEachRowAlone()
    {
        var shapes = Gen.Select(
            Gen.Int[0, 9999], Gen.Int[1, 5], Gen.Int[1, 3], Gen.OneOf<int>(8, 16, 33, 48), Gen.OneOf<int>(16, 32, 80), Gen.OneOf<int>(1, 40, 256, 400, int.MaxValue));
        var lengths = Gen.Select(Gen.Int[0, 700], Gen.Int[1, 12]).Array[1, 4];
        Gen.Select(shapes, Gen.OneOf<string>(Widths), lengths).Sample(
            (shape, width, sequences) =>
            {
                (int seed, int group, int kvHeads, int headSize, int pageSize, int window) = shape;
                using IKernels kernels = Backends.Create(width, 1 + (seed % 3));
                using var test = new AttentionCase(seed, group, kvHeads, headSize, pageSize, ((DType[])[DType.F32, DType.BF16, DType.I8])[seed % 3], sequences);
                CheckPieces(kernels, test, 1, window);
            },
            iter: 40);
    }

    [Test]
    public void NonFiniteRows_LeaveTheOthersAlone([ValueSource(nameof(Widths))] string width)
    {
        using IKernels kernels = Backends.Create(width);
        foreach (float poison in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue })
        {
            var random = new Random(8);
            using TestMatrix source = TestMatrix.Random(random, DType.F32, 6, 50);
            using TestMatrix weight = TestMatrix.Random(random, DType.BF16, 14, 50);
            using TestMatrix clean = TestMatrix.Empty(6, 14);
            using TestMatrix result = TestMatrix.Empty(6, 14);
            kernels.LinearSwiGlu(clean.View, source.View, weight.View, weight.View);
            for (int i = 0; i < 50; i += 3)
            {
                source[2, i] = poison;
            }

            kernels.LinearSwiGlu(result.View, source.View, weight.View, weight.View);
            Compare.SameBits(result.CopyRows(3, 3).ToArray(), clean.CopyRows(3, 3).ToArray(), $"rows behind {poison}");
            kernels.RmsNorm(source.View, source.View, source.View.RowRange(2, 1), 1e-5f);
            using var attention = new AttentionCase(2, 2, 1, 16, 16, DType.F32, (300, 4));
            float[,] before = attention.RunAll(kernels);
            attention.Query[1, 5] = poison;
            float[,] after = attention.RunAll(kernels);
            for (int i = 0; i < 32; i++)
            {
                Assert.That((after[0, i], after[2, i], after[3, i]), Is.EqualTo((before[0, i], before[2, i], before[3, i])));
            }
        }
    }

    [Test]
    public void Steps_AfterWarmUp_AllocateNothing()
    {
        using IKernels kernels = Backends.Create("cpu-256", 2);
        using var attention = new AttentionCase(2, 2, 2, 32, 16, DType.F32, (300, 1));
        using TestMatrix source = TestMatrix.Random(new Random(1), DType.F32, 9, 448);
        using TestMatrix weight = TestMatrix.Random(new Random(2), DType.BF16, 448, 448);
        using TestMatrix norm = TestMatrix.Random(new Random(3), DType.F32, 1, 448);
        using TestMatrix result = TestMatrix.Empty(9, 448);
        using TestMatrix best = TestMatrix.Ints(new int[9]);
        using TestMatrix order = TestMatrix.Ints(8, 7, 6, 5, 4, 3, 2, 1, 0);
        long allocated = long.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 20; i++)
            {
                kernels.RmsNorm(result.View, source.View, norm.View, 1e-5f);
                kernels.Linear(result.View, source.View, weight.View, norm.View, LinearEpilogue.AddResidual);
                kernels.Linear(result.View.RowRange(0, 1), source.View.RowRange(0, 1), weight.View, TensorView.None, LinearEpilogue.None);
                kernels.LinearSwiGlu(result.View, source.View, weight.View, weight.View);
                kernels.Argmax(best.View, result.View);
                kernels.GatherRows(result.View, source.View, order.View);
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        attention.RunAll(kernels);
        attention.RunAll(kernels);
        Assert.That((allocated, attention.AllocatedBytes), Is.EqualTo((0L, 0L)));
    }

    private static string[] Names() => [.. Operations.Keys];

    private static void CheckPieces(IKernels kernels, AttentionCase test, int size, int window)
    {
        float[,] whole = test.RunAll(kernels, window);
        int rows = whole.GetLength(0);
        var pieces = new float[rows, whole.GetLength(1)];
        for (int start = 0; start < rows; start += size)
        {
            float[,] piece = test.Run(kernels, start, Math.Min(size, rows - start), window);
            Array.Copy(piece, 0, pieces, start * whole.GetLength(1), piece.Length);
        }

        Compare.SameBits(whole, pieces, $"pieces of {size}, window {window}");
    }

    private static float[,] Linear(IKernels kernels, int tokens, int inputs, int features, DType dtype)
    {
        var random = new Random(inputs);
        using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, inputs);
        using TestMatrix weight = TestMatrix.Random(random, dtype, features, inputs);
        using TestMatrix bias = TestMatrix.Random(random, dtype, 1, features);
        using TestMatrix result = TestMatrix.Random(random, DType.F32, tokens, features);
        kernels.Linear(result.View, source.View, weight.View, bias.View, LinearEpilogue.AddResidual);
        return result.ToArray();
    }

    private static float[,] SwiGlu(IKernels kernels, int tokens, int inputs, int features)
    {
        var random = new Random(inputs);
        using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, inputs);
        using TestMatrix gate = TestMatrix.Random(random, DType.BF16, features, inputs);
        using TestMatrix up = TestMatrix.Random(random, DType.BF16, features, inputs);
        using TestMatrix result = TestMatrix.Empty(tokens, features);
        kernels.LinearSwiGlu(result.View, source.View, gate.View, up.View);
        return result.ToArray();
    }

    private static float[,] RmsNorm(IKernels kernels)
    {
        using TestMatrix source = TestMatrix.Random(new Random(1), DType.F32, 311, 1003);
        using TestMatrix weight = TestMatrix.Random(new Random(2), DType.F16, 1, 1003);
        kernels.RmsNorm(source.View, source.View, weight.View, 1e-5f);
        return source.ToArray();
    }

    private static unsafe float[,] Rope(IKernels kernels, DType cacheType)
    {
        const int tokens = 150;
        using TestMatrix query = TestMatrix.Random(new Random(1), DType.F32, tokens, 2000);
        using TestMatrix key = TestMatrix.Random(new Random(2), DType.F32, tokens, 500);
        using TestMatrix table = TestMatrix.Random(new Random(3), DType.F32, 9, 70);
        using TestMatrix rows = TestMatrix.Ints([.. Enumerable.Range(0, tokens).Select(t => t % 9)]);
        using TestMatrix slots = TestMatrix.Ints([.. Enumerable.Range(0, tokens)]);
        var shape = new KvLayerView(0, cacheType, 10, 16, 5, 100);
        using HostBuffer memory = HostBuffer.Allocate(shape.ByteCount, "cache");
        KvLayerView cache = shape with { Address = memory.DangerousGetHandle() };
        var batch = new BatchView(tokens, 1, default, rows.View, slots.View, default, default, 9);
        kernels.RopeAndAppend(query.View, key.View, key.View, table.View, cache, batch);
        var result = new float[1, 150 * 1000];
        for (int i = 0; i < result.Length; i++)
        {
            (int page, int token, int head, int inside) = (i / 16_000, i / 1000 % 16, i % 500 / 100, i % 100);
            long element = i % 1000 < 500 ? cache.KeyElement(page, head, token, inside) : cache.ValueElement(page, head, token, inside);
            result[0, i] = cacheType == DType.I8
                ? ((sbyte*)cache.Address)[element] * *(float*)(cache.Address + (nint)(i % 1000 < 500 ? cache.KeyScale(page, head, token) : cache.ValueScale(page, head, token)))
                : BFloat16.ToSingle(((ushort*)cache.Address)[element]);
        }

        return result;
    }

    private static float[,] Attention(IKernels kernels, DType cacheType, int headSize)
    {
        using var test = new AttentionCase(4, 3, 2, headSize, 32, cacheType, (0, 20), (500, 9), (255, 1), (1030, 1));
        return test.RunAll(kernels);
    }

    private static float[,] Decode(IKernels kernels)
    {
        using var test = new AttentionCase(4, 4, 2, 64, 32, DType.BF16, (1999, 1));
        return test.RunAll(kernels);
    }
}
