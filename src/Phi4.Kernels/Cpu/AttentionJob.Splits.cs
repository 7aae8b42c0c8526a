// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu;

/// <inheritdoc/>
internal sealed unsafe partial class AttentionJob<TOps, TV>(ShareScratch scratch) : AttentionJob
    where TOps : struct, IVectorOps<TV>
    where TV : struct
{
    private const int TileHeads = 4;

    protected override void RunItem(int share, int start, int end, int kvHead)
    {
        Space space = Lay(share);
        int firstSplit = Call.FirstVisible(start) / SplitKeys;
        int lastSplit = firstSplit;
        for (int t = start; t < end; t++)
        {
            firstSplit = Math.Min(firstSplit, Call.FirstVisible(t) / SplitKeys);
            lastSplit = Math.Max(lastSplit, Call.Position(t) / SplitKeys);
        }

        for (int split = firstSplit; split <= lastSplit; split++)
        {
            int from = int.MaxValue;
            int to = 0;
            for (int t = start; t < end; t++)
            {
                (int first, int limit) = Visible(t, split);
                from = Math.Min(from, first);
                to = Math.Max(to, limit);
            }

            FindKeys(space, start, kvHead, split, from, to);
            for (int t = start; t < end; t++)
            {
                (int first, int limit) = Visible(t, split);
                if (first < limit)
                {
                    Attend(space, t, kvHead, first, limit, space.Partial);
                    float* state = space.States + ((t - start) * GroupState);
                    Merge(state, space.Partial, isFirst: split == Call.FirstVisible(t) / SplitKeys);
                }
            }
        }

        for (int t = start; t < end; t++)
        {
            Store(space.States + ((t - start) * GroupState), t, kvHead);
        }
    }

    protected override void RunSplit(int share, int t, int kvHead, int split, float* partial)
    {
        Space space = Lay(share);
        (int first, int limit) = Visible(t, split);
        FindKeys(space, t, kvHead, split, first, limit);
        Attend(space, t, kvHead, first, limit, partial);
    }

    protected override void Merge(float* state, float* partial, bool isFirst)
    {
        if (isFirst)
        {
            new ReadOnlySpan<float>(partial, GroupState).CopyTo(new Span<float>(state, GroupState));
            return;
        }

        for (int head = 0; head < Call.Group; head++)
        {
            MergeHead(state + (head * HeadState), partial + (head * HeadState), Call.HeadSize);
        }
    }

    protected override void Store(float* state, int t, int kvHead)
    {
        int size = Call.HeadSize;
        float* destination = (float*)Call.Destination.Address + (t * Call.Destination.RowStride) + ((long)kvHead * Call.Group * size);
        for (int head = 0; head < Call.Group; head++, destination += size, state += HeadState)
        {
            float total = state[size + 1];
            int i = 0;
            for (; i + TOps.Count <= size; i += TOps.Count)
            {
                TOps.Store(destination + i, TOps.Divide(TOps.Load(state + i), TOps.Broadcast(total)));
            }

            for (; i < size; i++)
            {
                destination[i] = state[i] / total;
            }
        }
    }

    // Keys of the split that token t sees, counted from the split's start.
    private (int First, int Limit) Visible(int t, int split)
    {
        int start = split * SplitKeys;
        return (Math.Max(Call.FirstVisible(t) - start, 0), Math.Min(Call.Position(t) + 1 - start, SplitKeys));
    }

    // Addresses of keys and values [from, to) of a split. Keys whose size is no multiple of 16 are copied, zeros behind, as F32.
    private void FindKeys(in Space space, int t, int kvHead, int split, int from, int to)
    {
        KvLayerView cache = Call.Cache;
        TensorView tables = Call.Batch.PageTables;
        int* pages = (int*)tables.Address + (Call.Sequence(t) * tables.RowStride);
        int bytes = cache.DType.SizeInBytes();
        for (int j = from; j < to; j++)
        {
            int position = (split * SplitKeys) + j;
            int page = pages[position / cache.PageSize];
            long inside = (long)(position % cache.PageSize) * cache.HeadSize;
            byte* key = (byte*)cache.Address + ((cache.KeyOffset(page, kvHead) + inside) * bytes);
            space.Values[j] = (byte*)cache.Address + ((cache.ValueOffset(page, kvHead) + inside) * bytes);
            space.Keys[j] = key;
            if (PaddedHead != cache.HeadSize)
            {
                float* copy = space.PaddedKeys + ((long)j * PaddedHead);
                new Span<float>(copy, PaddedHead).Clear();
                for (int i = 0; i < cache.HeadSize; i++)
                {
                    copy[i] = cache.DType == DType.F32 ? ((float*)key)[i] : BFloat16.ToSingle(((ushort*)key)[i]);
                }

                space.Keys[j] = (byte*)copy;
            }
        }
    }

    private void Attend(in Space space, int t, int kvHead, int first, int limit, float* partial)
    {
        int group = Call.Group;
        int size = Call.HeadSize;
        float* query = (float*)Call.Query.Address + (t * Call.Query.RowStride) + ((long)kvHead * group * size);
        for (int head = 0; head < PaddedGroup; head++)
        {
            float* copy = space.Queries + (head * PaddedHead);
            new Span<float>(copy, PaddedHead).Clear();
            if (head < group)
            {
                new ReadOnlySpan<float>(query + ((long)head * size), size).CopyTo(new Span<float>(copy, size));
            }
        }

        bool isNarrow = Call.Cache.DType == DType.BF16;
        for (int head = 0; head < group; head += TileHeads)
        {
            float* scores = space.Scores + (head * SplitKeys);
            if (isNarrow && PaddedHead == size)
            {
                Score<BFloat16Element>(space.Queries + (head * PaddedHead), PaddedHead, space.Keys, first, limit, space.Lanes, scores);
            }
            else
            {
                Score<SingleElement>(space.Queries + (head * PaddedHead), PaddedHead, space.Keys, first, limit, space.Lanes, scores);
            }
        }

        for (int head = 0; head < group; head++)
        {
            float* state = partial + (head * HeadState);
            Softmax(space.Scores + (head * SplitKeys), first, limit, Call.Scale, out state[size], out state[size + 1]);
        }

        for (int head = 0; head < group; head += TileHeads)
        {
            int count = Math.Min(TileHeads, group - head);
            float* scores = space.Scores + (head * SplitKeys);
            float* state = partial + (head * HeadState);
            if (isNarrow)
            {
                Weigh<BFloat16Element>(scores, count, space.Values, first, limit, size, state, HeadState);
            }
            else
            {
                Weigh<SingleElement>(scores, count, space.Values, first, limit, size, state, HeadState);
            }
        }
    }

    private Space Lay(int share)
    {
        byte** keys = (byte**)scratch[share];
        byte** values = keys + SplitKeys;
        float* paddedKeys = (float*)(values + SplitKeys);
        float* queries = paddedKeys + ((long)SplitKeys * PaddedHead);
        float* scores = queries + ((long)PaddedGroup * PaddedHead);
        float* lanes = scores + ((long)PaddedGroup * SplitKeys);
        float* partial = lanes + (8 * VectorMath.Lanes);
        return new Space(keys, values, paddedKeys, queries, scores, lanes, partial, partial + GroupState);
    }

    private readonly ref struct Space(
        byte** keys, byte** values, float* paddedKeys, float* queries, float* scores, float* lanes, float* partial, float* states)
    {
        public byte** Keys { get; } = keys;

        public byte** Values { get; } = values;

        public float* PaddedKeys { get; } = paddedKeys;

        public float* Queries { get; } = queries;

        public float* Scores { get; } = scores;

        public float* Lanes { get; } = lanes;

        public float* Partial { get; } = partial;

        public float* States { get; } = states;
    }
}
