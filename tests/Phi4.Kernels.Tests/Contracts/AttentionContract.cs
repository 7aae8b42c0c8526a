// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using Phi4.TestSupport;

namespace Phi4.Kernels.Tests.Contracts;

[TestFixtureSource(typeof(Backends), nameof(Backends.Names))]
public sealed unsafe class AttentionContract(string backend)
{
    // Scores carry the rounding of a dot product of up to 128 terms into the exponent; the rest is one sum over the keys.
    private const double Roundings = 100;

    // Over a BF16 cache the CPU rounds weights too: half a step of 2^-8, the same weights above and below the line.
    private const double PairRoundings = 2 * 65536;

    private static readonly ConcurrentDictionary<(int HeadSize, int Group, DType Cache, bool RoundsQueries), (double[,] Value, double[,] Magnitude)> ExactOnce = new();

    [Test]
    public void Attention_EveryHeadSizeAndRatio_IsNearTheExactValue(
        [Values(8, 16, 20, 32, 64, 96, 128)] int headSize, [Values(1, 2, 3, 4, 5, 8)] int group, [Values(DType.F32, DType.BF16, DType.I8)] DType cacheType)
    {
        using IKernels kernels = Backends.Create(backend);
        using var test = new AttentionCase(headSize + group, group, 2, headSize, 16, cacheType, (0, 1), (5, 3), (270, 2));
        bool rounds = Rounds(cacheType);
        (double[,] value, double[,] magnitude) = ExactOnce.GetOrAdd((headSize, group, cacheType, rounds), _ => test.Exact(int.MaxValue, rounds));
        Compare.Near(test.RunAll(kernels), value, magnitude, rounds ? PairRoundings : Roundings, $"head size {headSize}, {group} query heads to one");
    }

    [TestCase(1)]
    [TestCase(17)]
    [TestCase(256)]
    [TestCase(300)]
    public void Attention_Window_HidesWhatLiesBefore(int window)
    {
        using IKernels kernels = Backends.Create(backend);
        using var test = new AttentionCase(window, 2, 2, 16, 32, DType.F32, (0, 40), (500, 30), (767, 2));
        (double[,] value, double[,] magnitude) = test.Exact(window);
        Compare.Near(test.RunAll(kernels, window), value, magnitude, Roundings, $"window {window}");
    }

    [TestCase(16)]
    [TestCase(256)]
    [TestCase(48)]
    [TestCase(1024)]
    public void Attention_AnyPageSize_GivesTheSame(int pageSize)
    {
        using IKernels kernels = Backends.Create(backend);
        using var test = new AttentionCase(9, 2, 1, 32, pageSize, DType.BF16, (530, 3));
        (double[,] value, double[,] magnitude) = test.Exact(int.MaxValue, Rounds(DType.BF16));
        Compare.Near(test.RunAll(kernels), value, magnitude, Rounds(DType.BF16) ? PairRoundings : Roundings, $"page size {pageSize}");
    }

    [Test]
    public void Attention_HugeScores_StayFinite()
    {
        using IKernels kernels = Backends.Create(backend);
        using var test = new AttentionCase(3, 1, 1, 16, 32, DType.F32, (600, 2));
        for (int i = 0; i < 16; i++)
        {
            test.Query[0, i] *= 1e4f;
        }

        (double[,] value, double[,] magnitude) = test.Exact(int.MaxValue);

        // An exponent of 1e4 turns a relative error of 2^-24 in the score into 1e4 * 2^-24 in the weight.
        Compare.Near(test.RunAll(kernels), value, magnitude, 1e6, "scores in the tens of thousands");
    }

    [TestCase(16, 16, DType.F32)]
    [TestCase(32, 24, DType.BF16)]
    [TestCase(128, 128, DType.BF16)]
    [TestCase(20, 6, DType.F32)]
    public void RopeAndAppend_AnyRotarySize_RotatesAndStores(int headSize, int rotarySize, DType cacheType)
    {
        const int tokens = 3;
        using IKernels kernels = Backends.Create(backend);
        var random = new Random(headSize);
        using TestMatrix table = TestMatrix.Filled(DType.F32, 50, rotarySize, 0, (row, i) => (float)(i < rotarySize / 2
            ? Math.Cos(row * (1 + i)) : Math.Sin(row * (1 + i - (rotarySize / 2)))));
        using TestMatrix query = TestMatrix.Random(random, DType.F32, tokens, 4 * headSize, gap: 1);
        using TestMatrix key = TestMatrix.Random(random, DType.F32, tokens, 2 * headSize, gap: 1);
        using TestMatrix value = TestMatrix.Random(random, DType.F32, tokens, 2 * headSize, gap: 1);
        using TestMatrix rows = TestMatrix.Ints(0, 49, 7);
        using TestMatrix slots = TestMatrix.Ints(47, 0, 17);
        var shape = new KvLayerView(0, cacheType, 3, 16, 2, headSize);
        using HostBuffer memory = HostBuffer.Allocate(shape.ByteCount, "cache");
        new Span<byte>((void*)memory.DangerousGetHandle(), (int)shape.ByteCount).Fill(0xFF);
        KvLayerView cache = shape with { Address = memory.DangerousGetHandle() };
        float[,] queryBefore = query.ToArray();
        float[,] keyBefore = key.ToArray();
        var batch = new BatchView(tokens, 1, default, rows.View, slots.View, default, default, 50);
        kernels.RopeAndAppend(query.View, key.View, value.View, table.View, cache, batch);
        int[] row = [0, 49, 7];
        int[] slot = [47, 0, 17];
        CheckRotated(query.ToArray(), queryBefore, table, row, headSize, "query");
        CheckRotated(key.ToArray(), keyBefore, table, row, headSize, "key");
        for (int t = 0; t < tokens; t++)
        {
            for (int i = 0; i < 2 * headSize; i++)
            {
                (int page, int token, int head, int inside) = (slot[t] / 16, slot[t] % 16, i / headSize, i % headSize);
                Assert.That(Cached(cache, cache.KeyElement(page, head, token, inside)), Is.EqualTo(Stored(key[t, i], cacheType)), $"key [{t}, {i}]");
                Assert.That(Cached(cache, cache.ValueElement(page, head, token, inside)), Is.EqualTo(Stored(value[t, i], cacheType)), $"value [{t}, {i}]");
            }

            for (int i = headSize; i < cache.StoredHead; i++)
            {
                Assert.That(Cached(cache, cache.KeyElement(slot[t] / 16, 1, slot[t] % 16, i)), Is.Zero, $"behind key {t}");
            }
        }
    }

    [Test]
    public void RopeAndAppend_Int8_StoresNearestCodesOfTheLargestMagnitude([Values(16, 20, 128)] int headSize)
    {
        float[][] heads =
        [
            [.. Enumerable.Range(0, headSize).Select(i => MathF.Sin(i * 1.7f) * 3)],
            [.. Enumerable.Range(0, headSize).Select(i => i == 3 ? -127 : (i % 9) + 0.5f)], // ties
            [.. Enumerable.Range(0, headSize).Select(i => i == 5 ? 1e38f : 1e36f * i)],
            [.. Enumerable.Range(0, headSize).Select(i => i * 1e-38f / headSize)], // 127 / the largest overflows
            [.. Enumerable.Range(0, headSize).Select(i => i == 2 ? float.NaN : i)],
            [.. Enumerable.Range(0, headSize).Select(i => i == headSize - 1 ? float.NegativeInfinity : i)],
            new float[headSize],
        ];
        using IKernels kernels = Backends.Create(backend);
        using TestMatrix table = TestMatrix.Filled(DType.F32, 1, 2, 0, (_, i) => 1 - i);
        using TestMatrix query = TestMatrix.Empty(heads.Length, headSize);
        using TestMatrix key = TestMatrix.Filled(DType.F32, heads.Length, headSize, 1, (t, i) => heads[t][i]);
        using TestMatrix value = TestMatrix.Filled(DType.F32, heads.Length, headSize, 3, (t, i) => heads[heads.Length - 1 - t][i]);
        using TestMatrix rows = TestMatrix.Ints(new int[heads.Length]);
        using TestMatrix slots = TestMatrix.Ints([.. Enumerable.Range(13, heads.Length)]);
        var shape = new KvLayerView(0, DType.I8, 3, 16, 1, headSize);
        using HostBuffer memory = HostBuffer.Allocate(shape.ByteCount, "cache");
        new Span<byte>((void*)memory.DangerousGetHandle(), (int)shape.ByteCount).Fill(0xFF);
        KvLayerView cache = shape with { Address = memory.DangerousGetHandle() };
        kernels.RopeAndAppend(query.View, key.View, value.View, table.View, cache, new BatchView(heads.Length, 1, default, rows.View, slots.View, default, default, 1));
        for (int t = 0; t < heads.Length; t++)
        {
            (int page, int token) = ((13 + t) / 16, (13 + t) % 16);
            Check(heads[t], cache.KeyScale(page, 0, token), i => cache.KeyElement(page, 0, token, i), $"key {t}");
            Check(heads[^(t + 1)], cache.ValueScale(page, 0, token), i => cache.ValueElement(page, 0, token, i), $"value {t}");
            for (int i = headSize; i < cache.StoredHead; i++)
            {
                Assert.That(((sbyte*)cache.Address)[cache.KeyElement(page, 0, token, i)], Is.Zero, $"behind key {t}");
            }
        }

        void Check(float[] head, long scaleOffset, Func<int, long> element, string what)
        {
            float largest = head.Aggregate(0f, (most, x) => float.IsFinite(most) ? MathF.Max(most, MathF.Abs(x)) : most);
            bool isZero = largest < 127f / float.MaxValue;
            float scale = isZero ? 0 : float.IsFinite(largest) ? largest / 127 : float.NaN;
            Assert.That(*(float*)(cache.Address + (nint)scaleOffset), Is.EqualTo(scale), what);
            for (int i = 0; i < headSize; i++)
            {
                double code = isZero || float.IsNaN(scale) ? 0 : Math.Round((double)(head[i] * (127f / largest)));
                Assert.That(((sbyte*)cache.Address)[element(i)], Is.EqualTo((sbyte)code), $"{what}, {i}");
            }
        }
    }

    // The reference multiplies what is stored by queries and weights as they are.
    private bool Rounds(DType cacheType) => cacheType != DType.F32 && backend != "reference";

    private static void CheckRotated(float[,] actual, float[,] before, TestMatrix table, int[] rows, int headSize, string what)
    {
        int half = table.View.Columns / 2;
        var expected = new double[actual.GetLength(0), actual.GetLength(1)];
        var magnitude = new double[actual.GetLength(0), actual.GetLength(1)];
        for (int t = 0; t < actual.GetLength(0); t++)
        {
            for (int column = 0; column < actual.GetLength(1); column++)
            {
                int i = column % headSize;
                int partner = i < half ? column + half : column - half;
                bool turns = i < 2 * half;
                double cos = turns ? table[rows[t], i % half] : 1;
                double sin = !turns ? 0 : i < half ? -table[rows[t], half + (i % half)] : table[rows[t], half + (i % half)];
                double other = turns ? before[t, partner] : 0;
                expected[t, column] = (before[t, column] * cos) + (other * sin);
                magnitude[t, column] = Math.Abs(before[t, column] * cos) + Math.Abs(other * sin);
            }
        }

        Compare.Near(actual, expected, magnitude, 2, what);
    }

    private static float Cached(in KvLayerView cache, long element)
        => cache.DType == DType.F32 ? ((float*)cache.Address)[element] : BFloat16.ToSingle(((ushort*)cache.Address)[element]);

    private static float Stored(float value, DType type) => type == DType.F32 ? value : BFloat16.ToSingle(BFloat16.FromSingle(value));
}
