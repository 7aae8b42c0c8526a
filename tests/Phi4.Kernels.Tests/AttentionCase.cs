// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Tests;

/// <summary>A ragged batch over a cache with shuffled pages: sequence s has Past[s] cached positions and New[s] tokens in the batch.</summary>
internal sealed unsafe class AttentionCase : IDisposable
{
    private readonly HostBuffer _cache;
    private readonly (int Past, int New)[] _sequences;
    private readonly int[][] _pages;

    public AttentionCase(int seed, int group, int kvHeadCount, int headSize, int pageSize, DType cacheType, params (int Past, int New)[] sequences)
    {
        _sequences = sequences;
        var random = new Random(seed);
        int[] counts = [.. sequences.Select(s => (s.Past + s.New + pageSize - 1) / pageSize)];
        int[] shuffled = [.. Enumerable.Range(0, counts.Sum() + 2)];
        random.Shuffle(shuffled);
        int used = 0;
        _pages = [.. counts.Select(count => shuffled[used..(used += count)])];
        var shape = new KvLayerView(0, cacheType, shuffled.Length, pageSize, kvHeadCount, headSize);
        _cache = HostBuffer.Allocate(shape.ByteCount, "test cache");
        Cache = shape with { Address = _cache.View(DType.U8, 1, 1).Address };
        new Span<byte>((void*)Cache.Address, (int)Cache.ByteCount).Fill(0xFF); // what no position owns must not be read: NaN, if a float or a scale

        for (int s = 0; s < sequences.Length; s++)
        {
            for (int p = 0; p < sequences[s].Past + sequences[s].New; p++)
            {
                for (int i = 0; i < kvHeadCount * headSize; i++)
                {
                    SetCache(Element(s, p, i / headSize, isValue: false, i % headSize), (float)((random.NextDouble() * 4) - 2));
                    SetCache(Element(s, p, i / headSize, isValue: true, i % headSize), (float)((random.NextDouble() * 4) - 2));
                }

                for (int head = 0; head < kvHeadCount && cacheType == DType.I8; head++)
                {
                    SetScale(s, p, head, isValue: false, (float)(0.5 + random.NextDouble()) / 64);
                    SetScale(s, p, head, isValue: true, (float)(0.5 + random.NextDouble()) / 64);
                }

                for (int i = 0; i < kvHeadCount * (Cache.StoredHead - headSize); i++)
                {
                    SetCache(Element(s, p, i % kvHeadCount, isValue: false, headSize + (i / kvHeadCount)), 0);
                }
            }
        }

        Query = TestMatrix.Random(random, DType.F32, sequences.Sum(s => s.New), group * kvHeadCount * headSize, gap: 3);
        Group = group;
    }

    public KvLayerView Cache { get; }

    public TestMatrix Query { get; }

    public int Group { get; }

    /// <summary>Managed bytes that the last call allocated on its own thread.</summary>
    public long AllocatedBytes { get; private set; }

    public float ScoreScale => 1 / MathF.Sqrt(Cache.HeadSize);

    private IEnumerable<(int Sequence, int Position)> Tokens
        => _sequences.SelectMany((s, index) => Enumerable.Range(s.Past, s.New).Select(position => (index, position)));

    /// <summary>Attention of tokens [start, start + count) of the batch, in one call.</summary>
    public float[,] Run(IKernels kernels, int start, int count, int window = int.MaxValue)
    {
        (int Sequence, int Position)[] tokens = [.. Tokens.Skip(start).Take(count)];
        int columns = _pages.Max(p => p.Length) + 1;
        int[] table = [.. _pages.SelectMany(p => p.Concat(Enumerable.Repeat(-1, columns - p.Length)))];
        using TestMatrix positions = TestMatrix.Ints([.. tokens.Select(t => t.Position)]);
        using TestMatrix sequences = TestMatrix.Ints([.. tokens.Select(t => t.Sequence)]);
        using TestMatrix pages = TestMatrix.Ints(table);
        using TestMatrix none = TestMatrix.Ints(new int[count]);
        using TestMatrix destination = TestMatrix.Empty(count, Query.View.Columns, gap: 1);
        var batch = new BatchView(
            count,
            _sequences.Length,
            positions.View,
            none.View,
            none.View,
            sequences.View,
            new TensorView(pages.View.Address, DType.I32, _pages.Length, columns),
            tokens.Max(t => t.Position) + 1);
        TensorView query = Query.View.RowRange(start, count);
        long before = GC.GetAllocatedBytesForCurrentThread();
        kernels.Attention(destination.View, query, Cache, batch, ScoreScale, window);
        AllocatedBytes = GC.GetAllocatedBytesForCurrentThread() - before;
        return destination.ToArray();
    }

    public float[,] RunAll(IKernels kernels, int window = int.MaxValue) => Run(kernels, 0, Query.View.Rows, window);

    /// <summary>In float64; with <paramref name="roundsQueries"/> from queries rounded to BF16.</summary>
    public (double[,] Value, double[,] Magnitude) Exact(int window, bool roundsQueries = false)
    {
        var value = new double[Query.View.Rows, Query.View.Columns];
        var magnitude = new double[Query.View.Rows, Query.View.Columns];
        int t = 0;
        foreach ((int sequence, int position) in Tokens)
        {
            for (int head = 0; head < Query.View.Columns / Cache.HeadSize; head++)
            {
                float[] query = [.. QueryOf(t, head).Select(x => roundsQueries ? BFloat16.ToSingle(BFloat16.FromSingle(x)) : x)];
                int kvHead = head / Group;
                (double[] row, double[] rowMagnitude) = Naive.Attend(
                    query,
                    p => Scaled(sequence, p, kvHead, isValue: false),
                    p => Scaled(sequence, p, kvHead, isValue: true),
                    (int)Math.Max(0, (long)position - window + 1),
                    position,
                    ScoreScale);
                for (int i = 0; i < row.Length; i++)
                {
                    value[t, (head * Cache.HeadSize) + i] = row[i];
                    magnitude[t, (head * Cache.HeadSize) + i] = rowMagnitude[i];
                }
            }

            t++;
        }

        return (value, magnitude);
    }

    /// <summary>By the order of sums that docs/numerics.md states, one value at a time.</summary>
    public float[,] InOrder(int window = int.MaxValue)
    {
        var result = new float[Query.View.Rows, Query.View.Columns];
        int t = 0;
        foreach ((int sequence, int position) in Tokens)
        {
            for (int head = 0; head < Query.View.Columns / Cache.HeadSize; head++)
            {
                float[] row = AttentionOrder.Attend(
                    QueryOf(t, head),
                    p => Vector(sequence, p, head / Group, isValue: false),
                    p => Vector(sequence, p, head / Group, isValue: true),
                    Cache.DType == DType.I8 ? p => (Scale(sequence, p, head / Group, isValue: false), Scale(sequence, p, head / Group, isValue: true)) : null,
                    (int)Math.Max(0, (long)position - window + 1),
                    position,
                    ScoreScale,
                    Cache.DType);
                for (int i = 0; i < row.Length; i++)
                {
                    result[t, (head * Cache.HeadSize) + i] = row[i];
                }
            }

            t++;
        }

        return result;
    }

    /// <summary>Overwrites one value of the cache; of a cache of codes, a whole key or value, as its scale becomes NaN.</summary>
    public void Poison(int sequence, int position, int kvHead, bool isValue, int index, float value)
    {
        if (Cache.DType == DType.I8)
        {
            SetScale(sequence, position, kvHead, isValue, value - value);
            return;
        }

        SetCache(Element(sequence, position, kvHead, isValue, index), value);
    }

    public void Dispose()
    {
        Query.Dispose();
        _cache.Dispose();
    }

    private float[] QueryOf(int t, int head) => [.. Enumerable.Range(head * Cache.HeadSize, Cache.HeadSize).Select(i => Query[t, i])];

    private long Element(int sequence, int position, int kvHead, bool isValue, int index)
    {
        int page = _pages[sequence][position / Cache.PageSize];
        int token = position % Cache.PageSize;
        return isValue ? Cache.ValueElement(page, kvHead, token, index) : Cache.KeyElement(page, kvHead, token, index);
    }

    private float[] Vector(int sequence, int position, int kvHead, bool isValue) => [.. Enumerable.Range(0, Cache.HeadSize).Select(i =>
    {
        long element = Element(sequence, position, kvHead, isValue, i);
        return Cache.DType switch
        {
            DType.F32 => ((float*)Cache.Address)[element],
            DType.BF16 => BFloat16.ToSingle(((ushort*)Cache.Address)[element]),
            _ => ((sbyte*)Cache.Address)[element],
        };
    })];

    private double[] Scaled(int sequence, int position, int kvHead, bool isValue)
    {
        double scale = Cache.DType == DType.I8 ? Scale(sequence, position, kvHead, isValue) : 1;
        return [.. Vector(sequence, position, kvHead, isValue).Select(x => x * scale)];
    }

    private void SetScale(int sequence, int position, int kvHead, bool isValue, float value) => Scale(sequence, position, kvHead, isValue) = value;

    private ref float Scale(int sequence, int position, int kvHead, bool isValue)
    {
        int page = _pages[sequence][position / Cache.PageSize];
        int token = position % Cache.PageSize;
        return ref *(float*)(Cache.Address + (nint)(isValue ? Cache.ValueScale(page, kvHead, token) : Cache.KeyScale(page, kvHead, token)));
    }

    private void SetCache(long element, float value)
    {
        switch (Cache.DType)
        {
            case DType.F32:
                ((float*)Cache.Address)[element] = value;
                break;
            case DType.BF16:
                ((ushort*)Cache.Address)[element] = BFloat16.FromSingle(value);
                break;
            default:
                ((sbyte*)Cache.Address)[element] = (sbyte)(value * 63);
                break;
        }
    }
}
