// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Phi4.Kernels.Cpu;

/// <summary>
/// The two products of attention over blocks of a cache of one type: rows of queries with keys, rows of softmax weights with values. Rows are taken four at
/// a time, and a row's bits do not depend on the others.
/// </summary>
internal abstract unsafe class AttentionProducts
{
    /// <summary>Rows that are taken together; a group of queries has room for as many.</summary>
    public const int GroupRows = 4;

    // So many blocks' values of a few columns stay in the first-level cache for all rows.
    private const int RunBlocks = 8;

    // For few rows memory is what matters: it is read in order, a page's blocks at a time.
    private const int FewRowsRunBlocks = 2;

    /// <summary>Floats of room that a row takes in scores: a split's keys.</summary>
    protected const int RowFloats = AttentionJob.SplitKeys;

    /// <summary>Keys and values in a word of 32 bits: 1 for F32, 2 for BF16, 4 for codes.</summary>
    public abstract int PerWord { get; }

    /// <summary>Queries and weights are BF16 numbers, and sums go by pairs.</summary>
    public bool ArePairs => PerWord != 1;

    /// <summary>Floats of room that a group of queries takes.</summary>
    public abstract int GroupFloats(int width);

    /// <summary>Puts a query, <paramref name="width"/> floats long, into its row of a group: [value or pair of values][4 rows].</summary>
    public abstract void PackQuery(float* query, int width, float* group, int row);

    /// <summary>scores[r, 0..31] = queries[r, :] · keys of two blocks. Groups of queries and of scores follow each other.</summary>
    /// <param name="queries">As packed.</param>
    /// <param name="rows">Rows, the last group perhaps not full.</param>
    /// <param name="width">Values of a row: a multiple of 16.</param>
    /// <param name="keys">The two blocks.</param>
    /// <param name="scores">Row 0, the first block's first key.</param>
    public abstract void Score(float* queries, int rows, int width, in KeyBlocks keys, float* scores);

    /// <summary>Makes a row's weights of whole blocks [start, end) ready for <see cref="Weigh"/>, in place.</summary>
    public abstract void PackWeights(float* row, int start, int end);

    /// <summary>states[r, :] += weights[r, :] · values of the blocks.</summary>
    /// <param name="blocks">The blocks' values.</param>
    /// <param name="weights">Row 0; the first block's first key is key <paramref name="firstKey"/> of the row.</param>
    /// <param name="firstKey">Where the blocks begin in the row.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Columns: a multiple of 16.</param>
    /// <param name="states">Row 0.</param>
    /// <param name="stateFloats">Floats from a row of states to the next.</param>
    public abstract void Weigh(in ValueBlocks blocks, float* weights, int firstKey, int rows, int width, float* states, int stateFloats);

    /// <summary>Blocks to go through for all rows before the next ones.</summary>
    protected static int RunOf(int rows) => rows <= GroupRows ? FewRowsRunBlocks : RunBlocks;

    /// <summary>Has a line come into the second-level cache, where the processor can be asked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected static void Ask(byte* line)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(line);
        }
    }
}

/// <summary>Two blocks of keys, and two blocks that are read later: asked for meanwhile, in even steps, for the arithmetic alone leaves memory idle.</summary>
internal readonly unsafe struct KeyBlocks(byte* first, byte* second, byte* asked, byte* secondAsked)
{
    public byte* First { get; } = first;

    public byte* Second { get; } = second;

    public byte* Asked { get; } = asked;

    public byte* SecondAsked { get; } = secondAsked;
}

/// <summary>Blocks of values, and as many blocks that are asked for meanwhile.</summary>
internal readonly unsafe struct ValueBlocks(byte** blocks, byte** asked, int count)
{
    public byte** Blocks { get; } = blocks;

    public byte** Asked { get; } = asked;

    public int Count { get; } = count;
}
