// SPDX-License-Identifier: MIT
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
    protected const int RunBlocks = 8;

    /// <summary>Floats of room that a row takes in scores: a split's keys.</summary>
    protected const int RowFloats = AttentionJob.SplitKeys;

    /// <summary>Keys and values in a word of 32 bits: 1 for F32; 2 for BF16, with queries and weights rounded to it.</summary>
    public abstract int PerWord { get; }

    /// <summary>Floats of room that a group of queries takes.</summary>
    public abstract int GroupFloats(int width);

    /// <summary>Puts a query, <paramref name="width"/> floats long, into its row of a group: [value or pair of values][4 rows].</summary>
    public abstract void PackQuery(float* query, int width, float* group, int row);

    /// <summary>scores[r, 0..31] = queries[r, :] · keys of two blocks. Groups of queries and of scores follow each other.</summary>
    /// <param name="queries">As packed.</param>
    /// <param name="rows">Rows, the last group perhaps not full.</param>
    /// <param name="width">Values of a row: a multiple of 16.</param>
    /// <param name="keys">The two blocks, and what will be read after them.</param>
    /// <param name="scores">Row 0, the first block's first key.</param>
    public abstract void Score(float* queries, int rows, int width, in KeyBlocks keys, float* scores);

    /// <summary>Makes a row's weights of whole blocks [start, end) ready for <see cref="Weigh"/>, in place.</summary>
    public abstract void PackWeights(float* row, int start, int end);

    /// <summary>states[r, :] += weights[r, :] · values of the blocks.</summary>
    /// <param name="blocks">The blocks' values, and one more pointer behind.</param>
    /// <param name="weights">Row 0; the first block's first key is key <paramref name="firstKey"/> of the row.</param>
    /// <param name="firstKey">Where the blocks begin in the row.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Columns: a multiple of 16.</param>
    /// <param name="states">Row 0.</param>
    /// <param name="stateFloats">Floats from a row of states to the next.</param>
    public abstract void Weigh(in ValueBlocks blocks, float* weights, int firstKey, int rows, int width, float* states, int stateFloats);
}

/// <summary>Two blocks of keys, and what will be read after them.</summary>
internal readonly unsafe struct KeyBlocks(byte* first, byte* second, byte* next, byte* afterNext)
{
    public byte* First { get; } = first;

    public byte* Second { get; } = second;

    public byte* Next { get; } = next;

    public byte* AfterNext { get; } = afterNext;
}

/// <summary>Blocks of values; one more pointer follows the last.</summary>
internal readonly unsafe struct ValueBlocks(byte** blocks, int count)
{
    public byte** Blocks { get; } = blocks;

    public int Count { get; } = count;
}
