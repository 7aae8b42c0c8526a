// SPDX-License-Identifier: MIT
namespace Phi4.Core.State;

/// <summary>
/// Hands out cache pages and counts who holds them. A page with several holders is read-only; the last release frees it. Not thread-safe.
/// </summary>
internal sealed class PageAllocator
{
    private readonly int[] _free;
    private readonly int[] _holders;

    public PageAllocator(int pageCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pageCount);
        _holders = new int[pageCount];
        _free = new int[pageCount];
        for (int i = 0; i < pageCount; i++)
        {
            _free[i] = pageCount - 1 - i; // page 0 goes out first
        }

        FreeCount = pageCount;
    }

    public int PageCount => _holders.Length;

    public int FreeCount { get; private set; }

    /// <summary>A page with one holder.</summary>
    /// <returns>False when none is left; nothing changes then.</returns>
    public bool TryAllocate(out int page)
    {
        if (FreeCount == 0)
        {
            page = -1;
            return false;
        }

        page = _free[--FreeCount];
        _holders[page] = 1;
        return true;
    }

    public int HolderCount(int page) => _holders[page];

    public void AddHolder(int page)
    {
        ThrowIfFree(page);
        _holders[page]++;
    }

    public void Release(int page)
    {
        ThrowIfFree(page);
        if (--_holders[page] == 0)
        {
            _free[FreeCount++] = page;
        }
    }

    private void ThrowIfFree(int page)
    {
        if (_holders[page] == 0)
        {
            throw new InvalidOperationException($"Page {page} of {PageCount} has no holder.");
        }
    }
}
