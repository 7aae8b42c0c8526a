// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu;

/// <inheritdoc/>
internal sealed unsafe partial class AttentionJob<TOps, TV>(ShareScratch scratch, AttentionProducts singles, AttentionProducts pairs, AttentionProducts? codes) : AttentionJob
    where TOps : struct, IVectorOps<TV>
    where TV : struct
{
    // For more rows, codes are widened once for all of them.
    private const int MostCodeRows = 2 * AttentionProducts.GroupRows;

    protected override void RunItem(int share, int start, int end, int kvHead, int? nextHead)
    {
        Space space = Lay(share);
        AttentionProducts products = ProductsFor(end - start);
        PackQueries(space, products, start, end, kvHead);
        int firstSplit = Call.FirstVisible(start) / SplitKeys;
        int lastSplit = Call.Position(end - 1) / SplitKeys;
        for (int split = firstSplit; split <= lastSplit; split++)
        {
            // Positions rise, so those that see some of the split are neighbours.
            int from = start;
            while (from < end && IsHidden(from, split))
            {
                from++;
            }

            int to = end;
            while (to > from && IsHidden(to - 1, split))
            {
                to--;
            }

            if (from == to)
            {
                continue;
            }

            Place next = split < lastSplit ? new Place(kvHead, split + 1) : nextHead is { } head ? new Place(head, firstSplit) : Place.None;
            Attend(space, products, start, from, to, new Place(kvHead, split), next, space.Partial);
            for (int t = from; t < to; t++)
            {
                long state = (long)(t - start) * GroupState;
                Merge(space.States + state, space.Partial + state, isFirst: split == Call.FirstVisible(t) / SplitKeys);
            }
        }

        for (int t = start; t < end; t++)
        {
            Store(space.States + ((long)(t - start) * GroupState), t, kvHead);
        }
    }

    protected override void RunSplit(int share, int t, Place place, Place next, float* partial)
    {
        Space space = Lay(share);
        AttentionProducts products = ProductsFor(1);
        PackQueries(space, products, t, t + 1, place.KvHead);
        Attend(space, products, t, t, t + 1, place, next, partial);
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
            MergeHead(state + (head * HeadState), partial + (head * HeadState), Width);
        }
    }

    protected override void Store(float* state, int t, int kvHead)
    {
        int size = Call.HeadSize;
        float* destination = (float*)Call.Destination.Address + (t * Call.Destination.RowStride) + ((long)kvHead * Call.Group * size);
        for (int head = 0; head < Call.Group; head++, destination += size, state += HeadState)
        {
            float total = state[Width + 1];
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

    // Codes of one byte are BF16 numbers. Some products take them as they are; for the others they are widened first.
    private AttentionProducts ProductsFor(int tokens) => Call.Cache.DType switch
    {
        DType.F32 => singles,
        DType.BF16 => pairs,
        _ => codes is not null && tokens * Call.Group <= MostCodeRows ? codes : pairs,
    };

    private bool MustWiden(AttentionProducts products) => products.PerWord != Call.Cache.PerWord;

    private bool IsHidden(int t, int split)
    {
        (int first, int limit) = Visible(t, split);
        return first >= limit;
    }

    // Keys of the split that token t sees, counted from the split's start.
    private (int First, int Limit) Visible(int t, int split)
    {
        int start = split * SplitKeys;
        return (Math.Max(Call.FirstVisible(t) - start, 0), Math.Min(Call.Position(t) + 1 - start, SplitKeys));
    }

    // Rounded as the cache's type asks, zeros behind a head and in rows that fill the last group.
    private void PackQueries(in Space space, AttentionProducts products, int start, int end, int kvHead)
    {
        int group = Call.Group;
        int rows = (end - start) * group;
        int groupFloats = products.GroupFloats(Width);
        float* copy = space.Partial;
        for (int row = 0; row < ((rows + 3) & ~3); row++)
        {
            new Span<float>(copy, Width).Clear();
            if (row < rows)
            {
                float* query = (float*)Call.Query.Address + ((start + (row / group)) * Call.Query.RowStride) + (((long)kvHead * group + (row % group)) * Call.HeadSize);
                Round(query, copy, Call.HeadSize, products.ArePairs);
            }

            products.PackQuery(copy, Width, space.Queries + ((long)(row / 4) * groupFloats), row % 4);
        }
    }

    // One split for tokens [from, to) of an item that starts at token start: their rows of partial states.
    private void Attend(in Space space, AttentionProducts products, int start, int from, int to, Place place, Place next, float* partial)
    {
        int group = Call.Group;
        int split = place.Split;
        Region region = FindRegion(from, to, split);
        FindBlocks(space, from, place, region);
        Score(space, products, (from - start) * group, (to - start) * group, region);
        if (HasCodes)
        {
            PrepareValues(space, MustWiden(products), region.Start, region.End);
        }

        FindAhead(space, from, to, next);
        int asked = 0;
        for (int t = from; t < to; t++)
        {
            (int first, int limit) = Visible(t, split);
            for (int row = (t - start) * group; row < (t + 1 - start) * group; row++, asked++)
            {
                AskHalfBlock(space.Ahead, asked);
                float* weights = space.Scores + ((long)row * SplitKeys);
                float* state = partial + ((long)row * HeadState);
                new Span<float>(state, Width).Clear();
                if (HasCodes)
                {
                    ScaleScores(weights, space.KeyScales, first, limit);
                }

                Softmax(weights, first, limit, Call.Scale, products.ArePairs && !HasCodes, out state[Width], out state[Width + 1]);
                if (HasCodes)
                {
                    ScaleWeights(weights, space.ValueScales, first, limit);
                }

                products.PackWeights(weights, first & ~(BlockTokens - 1), (limit + BlockTokens - 1) & ~(BlockTokens - 1));
            }
        }

        if (region.CommonStart >= region.CommonEnd)
        {
            WeighEdges(space, products, start, from, to, split, 0, SplitBlocks, partial);
            return;
        }

        WeighEdges(space, products, start, from, to, split, 0, region.CommonStart, partial);
        products.Weigh(
            new ValueBlocks(space.Values + region.CommonStart, space.Ahead + region.CommonStart, region.CommonEnd - region.CommonStart),
            space.Scores + ((long)(from - start) * group * SplitKeys),
            region.CommonStart * BlockTokens,
            (to - from) * group,
            Width,
            partial + ((long)(from - start) * GroupState),
            HeadState);
        WeighEdges(space, products, start, from, to, split, region.CommonEnd, SplitBlocks, partial);
    }

    private void Score(in Space space, AttentionProducts products, int fromRow, int toRow, in Region region)
    {
        int firstRow = fromRow & ~3;
        float* queries = space.Queries + ((long)(firstRow / 4) * products.GroupFloats(Width));
        float* scores = space.Scores + ((long)firstRow * SplitKeys);
        for (int block = region.Start & ~1; block < region.End; block += 2)
        {
            var keys = new KeyBlocks(space.Keys[block], space.Keys[block + 1], space.Values[block], space.Values[block + 1]);
            if (HasCodes)
            {
                keys = PrepareKeys(space, MustWiden(products), block, keys);
            }

            products.Score(queries, toRow - firstRow, Width, keys, scores + (block * BlockTokens));
        }
    }

    // Blocks [from, to) token by token: each its own, in rising order. Of a block that it sees in part only that part is read.
    private void WeighEdges(in Space space, AttentionProducts products, int start, int fromToken, int toToken, int split, int from, int to, float* partial)
    {
        for (int t = fromToken; t < toToken; t++)
        {
            (int first, int limit) = Visible(t, split);
            int last = Math.Min(to, (limit + BlockTokens - 1) / BlockTokens);
            for (int block = Math.Max(from, first / BlockTokens); block < last; block++)
            {
                int seenFrom = Math.Max(first - (block * BlockTokens), 0);
                int seenTo = Math.Min(limit - (block * BlockTokens), BlockTokens);
                byte** values = space.Values + block;
                if (seenTo - seenFrom < BlockTokens)
                {
                    CopySeen(space.Values[block], (byte*)space.Block, products.PerWord, seenFrom, seenTo);
                    values = space.Masked;
                }

                int row = (t - start) * Call.Group;
                products.Weigh(
                    new ValueBlocks(values, values, 1), space.Scores + ((long)row * SplitKeys), block * BlockTokens, Call.Group, Width,
                    partial + ((long)row * HeadState), HeadState);
            }
        }
    }

    // A block's values with zeros for the keys that are not seen.
    private void CopySeen(byte* block, byte* copy, int perWord, int from, int to)
    {
        int width = Width;
        uint* source = (uint*)block;
        uint* destination = (uint*)copy;
        for (int key = 0; key < BlockTokens; key += perWord, source += width, destination += width)
        {
            Vector128<uint> seen = Vector128.Create(SeenBits(key, perWord, from, to));
            for (int i = 0; i < width; i += Vector128<uint>.Count)
            {
                (Vector128.Load(source + i) & seen).Store(destination + i);
            }
        }
    }

    // Of a word that holds one key, two or four, the bits of those in [from, to).
    private static uint SeenBits(int key, int perWord, int from, int to)
    {
        uint bits = 0;
        int bitsPerKey = 32 / perWord;
        for (int part = 0; part < perWord; part++)
        {
            bool isSeen = key + part >= from && key + part < to;
            bits |= isSeen ? uint.MaxValue >> (32 - bitsPerKey) << (part * bitsPerKey) : 0;
        }

        return bits;
    }

    // Blocks that some token sees, and those that every token sees whole.
    private Region FindRegion(int from, int to, int split)
    {
        int start = SplitBlocks, end = 0, commonStart = 0, commonEnd = SplitBlocks;
        for (int t = from; t < to; t++)
        {
            (int first, int limit) = Visible(t, split);
            start = Math.Min(start, first / BlockTokens);
            end = Math.Max(end, (limit + BlockTokens - 1) / BlockTokens);
            commonStart = Math.Max(commonStart, (first + BlockTokens - 1) / BlockTokens);
            commonEnd = Math.Min(commonEnd, limit / BlockTokens);
        }

        return new Region(start, end, commonStart, commonEnd);
    }

    private readonly record struct Region(int Start, int End, int CommonStart, int CommonEnd);
}
