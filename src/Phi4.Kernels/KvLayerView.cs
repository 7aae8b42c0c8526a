// SPDX-License-Identifier: MIT
namespace Phi4.Kernels;

/// <summary>
/// One layer of the paged KV cache: [page][kv head][K|V][block of 16 tokens][values of the block]. A slot is page * P + token in page. DType is F32, BF16 or I8.
/// Values that are multiplied together lie side by side in words of 32 bits, e = 1, 2 or 4 to a word, so that a vector of words is an operand as it lies there:
/// a block's keys are [D/e][16 tokens][e], its values [16/e][D][e]. D is counted as a multiple of 16; keys have zeros behind, values anything.
/// Behind the codes of an I8 block lie its scales, F32, one a token: a value is scale * code.
/// </summary>
/// <param name="Address">The layer's first page.</param>
/// <param name="DType">F32, BF16 or I8.</param>
/// <param name="PageCount">Pages.</param>
/// <param name="PageSize">P, a multiple of <see cref="BlockTokens"/>.</param>
/// <param name="KvHeadCount">K.</param>
/// <param name="HeadSize">D.</param>
internal readonly record struct KvLayerView(nint Address, DType DType, int PageCount, int PageSize, int KvHeadCount, int HeadSize)
{
    /// <summary>Tokens of a block.</summary>
    public const int BlockTokens = 16;

    /// <summary>Values in a word of 32 bits.</summary>
    public int PerWord => sizeof(uint) / DType.SizeInBytes();

    /// <summary>Values of a head as they are stored: a multiple of 16.</summary>
    public int StoredHead => (HeadSize + 15) & ~15;

    /// <summary>Elements of one head's keys (or values) in one block, and the room of its scales.</summary>
    public int BlockRun => BlockValues + (DType == DType.I8 ? BlockTokens * sizeof(float) : 0);

    /// <summary>Elements of one head's keys (or values) in one block, without scales, which begin there.</summary>
    public int BlockValues => BlockTokens * StoredHead;

    /// <summary>Elements of one head's keys (or values) in one page.</summary>
    public int HeadRun => PageSize / BlockTokens * BlockRun;

    /// <summary>Elements from one page to the next.</summary>
    public long PageStride => 2L * KvHeadCount * HeadRun;

    /// <summary>Bytes of one layer.</summary>
    public long ByteCount => PageCount * PageStride * DType.SizeInBytes();

    /// <summary>Elements from the layer's start to the keys of a head in a page.</summary>
    public long KeyOffset(int page, int kvHead) => page * PageStride + 2L * kvHead * HeadRun;

    /// <summary>Elements from the layer's start to the values of a head in a page.</summary>
    public long ValueOffset(int page, int kvHead) => KeyOffset(page, kvHead) + HeadRun;

    /// <summary>Elements from the layer's start to one value of a key.</summary>
    public long KeyElement(int page, int kvHead, int token, int index)
        => KeyOffset(page, kvHead) + Block(token) + ((index / PerWord * BlockTokens) + (token % BlockTokens)) * PerWord + index % PerWord;

    /// <summary>Elements from the layer's start to one value of a value.</summary>
    public long ValueElement(int page, int kvHead, int token, int index)
        => ValueOffset(page, kvHead) + Block(token) + ((token % BlockTokens / PerWord * StoredHead) + index) * PerWord + token % PerWord;

    /// <summary>Bytes from the start of an I8 layer to the scale of a key.</summary>
    public long KeyScale(int page, int kvHead, int token) => KeyOffset(page, kvHead) + Scale(token);

    /// <summary>Bytes from the start of an I8 layer to the scale of a value.</summary>
    public long ValueScale(int page, int kvHead, int token) => ValueOffset(page, kvHead) + Scale(token);

    private long Scale(int token) => Block(token) + BlockValues + (token % BlockTokens * sizeof(float));

    private long Block(int token) => (long)(token / BlockTokens) * BlockRun;
}
