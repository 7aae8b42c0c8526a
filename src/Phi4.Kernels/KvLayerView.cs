// SPDX-License-Identifier: MIT
namespace Phi4.Kernels;

/// <summary>
/// One layer of the paged KV cache: [page][K|V][kv head][token in page][D]. A page's keys of one head are one contiguous run, and so are its values.
/// A slot is page * P + token in page. DType is F32 or BF16.
/// </summary>
internal readonly record struct KvLayerView(nint Address, DType DType, int PageCount, int PageSize, int KvHeadCount, int HeadSize)
{
    /// <summary>Elements of one head's keys (or values) in one page.</summary>
    public int HeadRun => PageSize * HeadSize;

    /// <summary>Elements from one page to the next.</summary>
    public long PageStride => 2L * KvHeadCount * HeadRun;

    /// <summary>Elements from the layer's start to the key of (page, head, token 0).</summary>
    public long KeyOffset(int page, int kvHead) => page * PageStride + (long)kvHead * HeadRun;

    /// <summary>Elements from the layer's start to the value of (page, head, token 0).</summary>
    public long ValueOffset(int page, int kvHead) => KeyOffset(page, kvHead) + (long)KvHeadCount * HeadRun;

    /// <summary>Bytes of one layer.</summary>
    public long ByteCount => PageCount * PageStride * DType.SizeInBytes();
}
