// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Phi4.Kernels.Cpu;

/// <content>Where a split's blocks lie, what is asked for ahead of them, and a share's scratch.</content>
internal sealed unsafe partial class AttentionJob<TOps, TV>
{
    // Where a split's blocks lie. Keys come in twos: one that is missing is its neighbour once more, and so are its values, which are asked for.
    private void FindBlocks(in Space space, int t, Place place, in Region region)
    {
        (int start, int end) = (region.Start, region.End);
        FindKeys(space.Keys, t, place, start, end);
        nint headBytes = (nint)Call.Cache.HeadRun * Call.Cache.DType.SizeInBytes();
        space.Keys[start & ~1] = space.Keys[start];
        space.Keys[end] = space.Keys[end - 1];
        for (int block = start & ~1; block < ((end + 1) & ~1); block++)
        {
            space.Values[block] = space.Keys[block] + headBytes;
        }
    }

    // The keys to be asked for: those of the next split that these tokens see, the last one again and again behind.
    private void FindAhead(in Space space, int from, int to, Place next)
    {
        (int first, _) = Visible(from, next.Split);
        (_, int limit) = Visible(to - 1, next.Split);
        if (next.Split < 0 || first >= limit)
        {
            new Span<nint>(space.Values, SplitBlocks).CopyTo(new Span<nint>(space.Ahead, SplitBlocks));
            return;
        }

        (int start, int end) = (first / BlockTokens, (limit + BlockTokens - 1) / BlockTokens);
        FindKeys(space.Ahead, from, next, start, end);
        new Span<nint>(space.Ahead, start).Fill((nint)space.Ahead[start]);
        new Span<nint>(space.Ahead + end, SplitBlocks - end).Fill((nint)space.Ahead[end - 1]);
        for (int block = start; HasCodes && block < end; block++)
        {
            AskForScales(space.Ahead[block]);
        }
    }

    // While a row's softmax keeps the processor busy, memory brings the first of what comes next.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AskHalfBlock(byte** blocks, int half)
    {
        nint bytes = (nint)Call.Cache.BlockValues * Call.Cache.DType.SizeInBytes() / 2;
        byte* line = Sse.IsSupported && half < 2 * SplitBlocks ? blocks[half / 2] + (half % 2 * bytes) : null;
        for (nint i = 0; line is not null && i < bytes; i += 64)
        {
            Sse.Prefetch1(line + i);
        }
    }

    private void AskForScales(byte* codes)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(codes + Call.Cache.BlockValues);
        }
    }

    private void FindKeys(byte** blocks, int t, Place place, int start, int end)
    {
        KvLayerView cache = Call.Cache;
        TensorView tables = Call.Batch.PageTables;
        int* pages = (int*)tables.Address + (Call.Sequence(t) * tables.RowStride);
        int bytes = cache.DType.SizeInBytes();
        nint pageBytes = (nint)cache.PageStride * bytes, headBytes = (nint)cache.HeadRun * bytes, blockBytes = (nint)cache.BlockRun * bytes;
        byte* heads = (byte*)cache.Address + (2 * place.KvHead * headBytes);
        int position = (place.Split * SplitKeys) + (start * BlockTokens);
        int page = position / cache.PageSize;
        int inside = position % cache.PageSize / BlockTokens;
        int pageBlocks = cache.PageSize / BlockTokens;
        byte* keys = heads + (pages[page] * pageBytes) + (inside * blockBytes);
        for (int block = start; block < end; block++)
        {
            blocks[block] = keys;
            keys += blockBytes;
            if (++inside == pageBlocks && block + 1 < end)
            {
                inside = 0;
                keys = heads + (pages[++page] * pageBytes);
            }
        }
    }

    private Space Lay(int share)
    {
        byte** keys = (byte**)scratch[share];
        float* block = (float*)(keys + PointerCount);
        float* queries = block + (BlockTokens * Width);
        float* scores = queries + ((long)ItemRows * Width);
        float* partial = scores + ((long)ItemRows * SplitKeys);
        float* states = partial + ((long)ItemRows * HeadState);
        var space = new Space(keys, block, queries, scores, partial, states, states + ((long)ItemRows * HeadState));
        space.Masked[0] = (byte*)block;
        return space;
    }

    private readonly ref struct Space(byte** keys, float* block, float* queries, float* scores, float* partial, float* states, float* keyScales)
    {
        public byte** Keys { get; } = keys;

        public byte** Values => Keys + SplitBlocks + 2;

        /// <summary>Keys that come next.</summary>
        public byte** Ahead => Values + SplitBlocks + 2;

        /// <summary>The masked block's pointer.</summary>
        public byte** Masked => Ahead + SplitBlocks + 2;

        public float* Block { get; } = block;

        public float* Queries { get; } = queries;

        public float* Scores { get; } = scores;

        public float* Partial { get; } = partial;

        public float* States { get; } = states;

        /// <summary>From here on only there for codes: a scale for each key of the split.</summary>
        public float* KeyScales { get; } = keyScales;

        public float* ValueScales => KeyScales + SplitKeys;

        /// <summary>Two blocks of keys, then a split's values, widened.</summary>
        public byte* Wide => (byte*)(ValueScales + SplitKeys);
    }
}
