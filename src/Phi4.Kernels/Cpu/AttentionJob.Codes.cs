// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu;

/// <content>
/// A cache of signed bytes. A byte is exact in BF16: unless the products take bytes, blocks are widened to what a BF16 cache holds, once for all rows, and multiplied as
/// such. Scales meet scores and weights instead, one product for a key and row.
/// </content>
internal sealed unsafe partial class AttentionJob<TOps, TV>
{
    // Two blocks of keys, widened or as they are, and their scales.
    private KeyBlocks PrepareKeys(in Space space, bool mustWiden, int block, in KeyBlocks keys)
    {
        CopyScales(keys.First, space.KeyScales + (block * BlockTokens));
        CopyScales(keys.Second, space.KeyScales + ((block + 1) * BlockTokens));
        AskForScales(keys.Asked);
        AskForScales(keys.SecondAsked);
        if (!mustWiden)
        {
            return keys;
        }

        Widen((uint*)keys.First, BlockTokens, Width / Call.Cache.PerWord, (uint*)space.Wide);
        Widen((uint*)keys.Second, BlockTokens, Width / Call.Cache.PerWord, (uint*)(space.Wide + WideBlockBytes));
        return new KeyBlocks(space.Wide, space.Wide + WideBlockBytes, keys.Asked, keys.SecondAsked);
    }

    // Scales of blocks [start, end) of a split; if values are widened, their pointers go where the widened ones are.
    private void PrepareValues(in Space space, bool mustWiden, int start, int end)
    {
        byte* wide = space.Wide + (2 * WideBlockBytes);
        for (int block = start; block < end; block++, wide += WideBlockBytes)
        {
            byte* codes = space.Values[block];
            CopyScales(codes, space.ValueScales + (block * BlockTokens));
            if (mustWiden)
            {
                Widen((uint*)codes, Width, BlockTokens / Call.Cache.PerWord, (uint*)wide);
                space.Values[block] = wide;
            }
        }
    }

    private void CopyScales(byte* codes, float* scales)
        => new ReadOnlySpan<float>(codes + Call.Cache.BlockValues, BlockTokens).CopyTo(new Span<float>(scales, BlockTokens));

    // Each row of words of four codes to two rows of words of two BF16 numbers. Nothing is rounded, so one vector width serves all.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widen(uint* codes, int rowWords, int rows, uint* wide)
    {
        for (; rows > 0; rows--, codes += rowWords, wide += 2 * rowWords)
        {
            for (int i = 0; i < rowWords; i += Vector256<uint>.Count)
            {
                Vector256<int> words = Vector256.Load(codes + i).AsInt32();
                Pair((words << 24) >> 24, (words << 16) >> 24).Store(wide + i);
                Pair((words << 8) >> 24, words >> 24).Store(wide + rowWords + i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Pair(Vector256<int> lower, Vector256<int> upper)
        => (Vector256.ConvertToSingle(lower).AsUInt32() >> 16) | Vector256.ConvertToSingle(upper).AsUInt32();

    // A row's scores times the keys' scales: whole blocks; what is not seen becomes minus infinity later.
    private static void ScaleScores(float* scores, float* scales, int first, int limit)
    {
        for (int j = first & ~(BlockTokens - 1); j < limit; j += TOps.Count)
        {
            TOps.Store(scores + j, TOps.Multiply(TOps.Load(scores + j), TOps.Load(scales + j)));
        }
    }

    // A row's weights times the values' scales, rounded; zero for what is not seen, whose scales may be anything.
    private static void ScaleWeights(float* weights, float* scales, int first, int limit)
    {
        int start = first & ~(BlockTokens - 1);
        int end = (limit + BlockTokens - 1) & ~(BlockTokens - 1);
        for (int j = start; j < end; j += TOps.Count)
        {
            TOps.Store(weights + j, VectorMath.RoundForCache<TOps, TV>(TOps.Multiply(TOps.Load(weights + j), TOps.Load(scales + j))));
        }

        new Span<float>(weights + start, first - start).Clear();
        new Span<float>(weights + limit, end - limit).Clear();
    }
}
