// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu;

/// <remarks>
/// Positions are cut into splits of 256 from position 0 on, whatever the chunk or batch. Within a split: scores, their maximum, exponentials, weighted values.
/// Then the split's (maximum, sum, values) join the running ones in rising order. A row's bits therefore depend on its own past alone.
/// Milakov and Gimelshein 2018, "Online normalizer calculation for softmax"; split as in FlashAttention (Dao et al. 2022).
/// </remarks>
internal sealed unsafe partial class CpuKernels<TLanes, TVector>
{
    /// <summary>Positions in a split.</summary>
    private const int SplitLength = 256;

    /// <summary>Tokens that share one reading of a split's keys and values.</summary>
    private const int TokenBlock = 16;

    public void Attention(TensorView destination, TensorView query, in KvLayerView cache, in BatchView batch, float scale, int window)
    {
        KernelShapes.Attention(destination, query, cache, batch, window);
        int group = query.Columns / cache.HeadSize / cache.KvHeadCount;
        long perShare = 2L * SplitLength * cache.HeadSize + SplitLength + (long)TokenBlock * group * (cache.HeadSize + LaneMath.Count) + 2L * LaneMath.Count;
        var job = new AttentionJob(destination, query, cache, batch, scale, window, group, (nint)Scratch(perShare), perShare);
        _pool.Run(&AttentionShare, &job);
    }

    private static void AttentionShare(void* state, int share, int shareCount)
    {
        AttentionJob job = *(AttentionJob*)state;
        var scratch = new AttentionScratch((float*)job.Scratch + share * job.ScratchPerShare, job.Cache.HeadSize);
        int* sequences = (int*)job.Batch.SequenceOfToken.Address;
        int item = 0;
        for (int from = 0; from < job.Query.Rows;)
        {
            int to = from + 1;
            while (to < job.Query.Rows && to - from < TokenBlock && sequences[to] == sequences[from])
            {
                to++;
            }

            for (int kvHead = 0; kvHead < job.Cache.KvHeadCount; kvHead++, item++)
            {
                if (item % shareCount == share)
                {
                    AttendBlock(job, scratch, from, to, kvHead);
                }
            }

            from = to;
        }
    }

    /// <summary>Tokens [from, to) of one sequence, the query heads of one kv head.</summary>
    private static void AttendBlock(in AttentionJob job, AttentionScratch scratch, int from, int to, int kvHead)
    {
        int* positions = (int*)job.Batch.Positions.Address;
        int headSize = job.Cache.HeadSize;
        for (int i = 0; i < (to - from) * job.Group; i++)
        {
            *scratch.Maximum(i) = float.NegativeInfinity;
            *scratch.Total(i) = 0;
            new Span<float>(scratch.Values(i), headSize).Clear();
        }

        int firstSplit = FirstSeen(positions[from], job.Window) / SplitLength;
        for (int start = firstSplit * SplitLength; start <= positions[to - 1]; start += SplitLength)
        {
            int length = Math.Min(SplitLength, positions[to - 1] + 1 - start);
            Stage(job, scratch, ((int*)job.Batch.SequenceOfToken.Address)[from], kvHead, start, length);
            for (int t = from; t < to; t++)
            {
                int first = Math.Max(FirstSeen(positions[t], job.Window), start) - start;
                int end = Math.Min(positions[t] + 1, start + length) - start;
                for (int g = 0; g < job.Group && first < end; g++)
                {
                    float* query = Row(job.Query, t) + (kvHead * job.Group + g) * headSize;
                    AttendSplit(query, scratch, (t - from) * job.Group + g, first, end, headSize, job.Scale);
                }
            }
        }

        for (int t = from; t < to; t++)
        {
            for (int g = 0; g < job.Group; g++)
            {
                int i = (t - from) * job.Group + g;
                float* attended = Row(job.Destination, t) + (kvHead * job.Group + g) * headSize;
                for (int d = 0; d < headSize; d++)
                {
                    attended[d] = scratch.Values(i)[d] / *scratch.Total(i);
                }
            }
        }
    }

    private static int FirstSeen(int position, int window) => (int)Math.Max(0L, position - (long)window + 1);

    /// <summary>Copies a split's keys and values of one head out of the pages, as F32.</summary>
    private static void Stage(in AttentionJob job, AttentionScratch scratch, int sequence, int kvHead, int start, int length)
    {
        KvLayerView cache = job.Cache;
        int* pages = (int*)job.Batch.PageTables.Address + sequence * job.Batch.PageTables.RowStride;
        for (int done = 0; done < length;)
        {
            (int index, int inPage) = Math.DivRem(start + done, cache.PageSize);
            int count = Math.Min(cache.PageSize - inPage, length - done);
            long inRun = (long)inPage * cache.HeadSize;
            StageRun(cache, cache.KeyOffset(pages[index], kvHead) + inRun, scratch.Keys + done * cache.HeadSize, count * cache.HeadSize);
            StageRun(cache, cache.ValueOffset(pages[index], kvHead) + inRun, scratch.SplitValues + done * cache.HeadSize, count * cache.HeadSize);
            done += count;
        }
    }

    private static void StageRun(in KvLayerView cache, long offset, float* destination, int count)
    {
        if (cache.DType == DType.F32)
        {
            new ReadOnlySpan<float>((float*)cache.Address + offset, count).CopyTo(new Span<float>(destination, count));
        }
        else
        {
            Widen<BFloat16Element>((byte*)((ushort*)cache.Address + offset), destination, count);
        }
    }

    /// <summary>One query head over positions [first, end) of the staged split, joined to what came before.</summary>
    private static void AttendSplit(float* query, AttentionScratch scratch, int row, int first, int end, int headSize, float scale)
    {
        float* scores = scratch.Scores;
        Score(query, scratch.Keys, scores, first, end, headSize, scale);
        float maximum = float.NegativeInfinity;
        for (int j = first; j < end; j++)
        {
            maximum = MathF.Max(maximum, scores[j]);
        }

        float newMaximum = MathF.Max(maximum, *scratch.Maximum(row));
        float total = Exponentiate(scores, first, end, newMaximum);
        float* tiny = scratch.Lane;
        TLanes.Exp(TLanes.Broadcast(*scratch.Maximum(row) - newMaximum)).Store(tiny);
        float rescale = *scratch.Total(row) == 0 ? 0 : tiny[0];
        *scratch.Maximum(row) = newMaximum;
        *scratch.Total(row) = *scratch.Total(row) * rescale + total;
        AddWeighted(scratch.Values(row), rescale, scores, scratch.SplitValues, first, end, headSize);
    }

    private static void Score(float* query, float* keys, float* scores, int first, int end, int headSize, float scale)
    {
        int j = first;
        for (; j <= end - 4; j += 4)
        {
            Dot<TLanes>.FourRows<Float32Element>(query, (byte*)(keys + (long)j * headSize), (long)headSize * sizeof(float), headSize, scores + j);
        }

        for (; j < end; j++)
        {
            scores[j] = Dot<TLanes>.OneRow<Float32Element>(query, (byte*)(keys + (long)j * headSize), headSize);
        }

        for (j = first; j < end; j++)
        {
            scores[j] *= scale;
        }
    }

    /// <summary>scores = e^(scores - maximum); returns their sum, each in the lane of its position.</summary>
    private static float Exponentiate(float* scores, int first, int end, float maximum)
    {
        // Whole lanes from the split's start: what lies outside [first, end) counts as minus infinity, so adds nothing.
        int from = first / LaneMath.Count * LaneMath.Count;
        int to = (end + LaneMath.Count - 1) / LaneMath.Count * LaneMath.Count;
        new Span<float>(scores + from, first - from).Fill(float.NegativeInfinity);
        new Span<float>(scores + end, to - end).Fill(float.NegativeInfinity);
        TLanes shift = TLanes.Broadcast(-maximum);
        TLanes sum = TLanes.Broadcast(0);
        for (int j = from; j < to; j += LaneMath.Count)
        {
            TLanes weights = TLanes.Exp(TLanes.Load(scores + j) + shift);
            weights.Store(scores + j);
            sum += weights;
        }

        return sum.Sum();
    }

    /// <summary>values = values * rescale + sum over j of weights[j] * rows[j], j rising.</summary>
    private static void AddWeighted(float* values, float rescale, float* weights, float* rows, int first, int end, int headSize)
    {
        int d = 0;
        for (; d <= headSize - 2 * LaneMath.Count; d += 2 * LaneMath.Count)
        {
            TLanes scales = TLanes.Broadcast(rescale);
            TLanes a = TLanes.Load(values + d) * scales;
            TLanes b = TLanes.Load(values + d + LaneMath.Count) * scales;
            for (int j = first; j < end; j++)
            {
                TLanes weight = TLanes.Broadcast(weights[j]);
                float* row = rows + (long)j * headSize + d;
                a = a.AddProduct(weight, TLanes.Load(row));
                b = b.AddProduct(weight, TLanes.Load(row + LaneMath.Count));
            }

            a.Store(values + d);
            b.Store(values + d + LaneMath.Count);
        }

        for (; d < headSize; d++)
        {
            float sum = values[d] * rescale;
            for (int j = first; j < end; j++)
            {
                sum = LaneMath.MultiplyAdd(weights[j], rows[(long)j * headSize + d], sum);
            }

            values[d] = sum;
        }
    }

    private readonly record struct AttentionJob(
        TensorView Destination, TensorView Query, KvLayerView Cache, BatchView Batch, float Scale, int Window, int Group, nint Scratch, long ScratchPerShare);

    /// <summary>One share's working memory: a split's keys and values, one row of scores, and the running state of each query head of a token block.</summary>
    private readonly struct AttentionScratch(float* memory, int headSize)
    {
        public float* Keys => memory;

        public float* SplitValues => memory + SplitLength * headSize;

        public float* Scores => memory + 2 * SplitLength * headSize;

        public float* Lane => Scores + SplitLength;

        public float* Maximum(int row) => Lane + LaneMath.Count + row * (headSize + LaneMath.Count);

        public float* Total(int row) => Maximum(row) + 1;

        public float* Values(int row) => Maximum(row) + LaneMath.Count;
    }
}
