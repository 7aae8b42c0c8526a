// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Kernels;

namespace Phi4.Core.State;

/// <summary>
/// Keys and values of every sequence, in pages shared by all of them: one pool for the whole model, so a sequence takes what it uses.
/// Forked sequences share pages until one of them writes (copy-on-write). Not thread-safe: the engine's thread owns it.
/// </summary>
/// <remarks>Paging after Kwon et al. 2023, "Efficient Memory Management for Large Language Model Serving with PagedAttention".</remarks>
internal sealed partial class KvCache : IDisposable
{
    /// <summary>Tokens in a page: small enough to waste little, large enough that one head's run (32 x 128 values) streams well.</summary>
    public const int PageSize = 32;

    private readonly IKernels _kernels;
    private readonly KernelBuffer[] _layers;
    private readonly PageAllocator _allocator;
    private readonly KvLayerView _shape;

    public KvCache(ModelConfig config, IKernels kernels, DType dtype, int pageCount)
    {
        _kernels = kernels;
        _allocator = new PageAllocator(pageCount);
        _prefixes = new PrefixTree(pageCount, PageSize);
        _shape = new KvLayerView(0, dtype, pageCount, PageSize, config.KvHeadCount, config.HeadSize);
        _layers = new KernelBuffer[config.LayerCount];
        try
        {
            for (int i = 0; i < _layers.Length; i++)
            {
                _layers[i] = kernels.Allocate(_shape.ByteCount, "KV cache");
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int PageCount => _allocator.PageCount;

    /// <summary>Pages that nobody holds, those counted that are kept in case their tokens come again.</summary>
    public int FreePageCount => _allocator.FreeCount;

    /// <summary>Tokens that all pages together hold.</summary>
    public long TokenCapacity => (long)PageCount * PageSize;

    /// <summary>Keys and values of one token over all layers.</summary>
    public long BytesPerToken => _layers.Sum(layer => layer.ByteCount) / TokenCapacity;

    public static int PagesFor(int tokenCount) => (tokenCount + PageSize - 1) / PageSize;

    public KvLayerView Layer(int index) => _shape with { Address = _layers[index].DangerousGetHandle() };

    public static int SlotOf(PageTable table, int position) => table.Pages[position / PageSize] * PageSize + position % PageSize;

    /// <summary>Makes positions [table.Length, length) writable: pages for all of them, and the first one's page not shared.</summary>
    /// <returns>False if pages ran out; the table keeps what it had.</returns>
    public bool TryReserve(PageTable table, int length)
    {
        int missing = PagesFor(length) - table.Pages.Count;
        int firstPage = table.Length / PageSize;
        bool mustCopy = length > table.Length && firstPage < table.Pages.Count && IsShared(table.Pages[firstPage]);
        if (Math.Max(missing, 0) + (mustCopy ? 1 : 0) > FreePageCount)
        {
            return false;
        }

        if (mustCopy && TryCopy(table.Pages[firstPage], out int copy))
        {
            _allocator.Release(table.Pages[firstPage]);
            table.Pages[firstPage] = copy;
        }

        for (; missing > 0; missing--)
        {
            TryAllocate(out int page);
            table.Pages.Add(page);
        }

        return true;
    }

    /// <summary>A second table over the same tokens; pages are shared until one side writes.</summary>
    public PageTable Fork(PageTable table)
    {
        var fork = new PageTable(table.Pages.Capacity) { Length = table.Length, RopeOffset = table.RopeOffset, KnownPages = table.KnownPages };
        foreach (int page in table.AsSpan()[..PagesFor(table.Length)])
        {
            _allocator.AddHolder(page);
            fork.Pages.Add(page);
        }

        return fork;
    }

    /// <summary>Forgets positions from <paramref name="length"/> on and gives back the pages that only they used.</summary>
    public void Truncate(PageTable table, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, table.Length);
        int keep = PagesFor(length);
        for (int i = table.Pages.Count - 1; i >= keep; i--)
        {
            _allocator.Release(table.Pages[i]);
            table.Pages.RemoveAt(i);
        }

        table.Length = length;
        table.KnownPages = Math.Min(table.KnownPages, length / PageSize);
    }

    public void Dispose()
    {
        foreach (KernelBuffer? layer in _layers)
        {
            layer?.Dispose();
        }
    }

    private bool TryAllocate(out int page)
    {
        if (!_allocator.TryAllocate(out page))
        {
            return false;
        }

        if (_prefixes.Contains(page))
        {
            _prefixes.Remove(page); // it was kept for tokens that have not come again
        }

        return true;
    }

    /// <summary>A page with the same keys and values and one holder. False, with nothing changed, if no page is left.</summary>
    private bool TryCopy(int page, out int copy)
    {
        if (!TryAllocate(out copy))
        {
            return false;
        }

        try
        {
            for (int i = 0; i < _layers.Length; i++)
            {
                _kernels.CopyPage(Layer(i), page, copy);
            }
        }
        catch
        {
            _allocator.Release(copy);
            throw;
        }

        return true;
    }

    private bool IsShared(int page) => _allocator.HolderCount(page) > 1 || _prefixes.Contains(page);
}
