// SPDX-License-Identifier: MIT
namespace Phi4.Core.State;

/// <summary>
/// Hands out cache pages and counts who holds them. A page with several holders is read-only; the last release frees it. A page that is kept stays as it is when nobody
/// holds it any more, until it is wanted for something else: then those go first that have been without a holder longest. Not thread-safe.
/// </summary>
internal sealed class PageAllocator
{
    private readonly int[] _empty;
    private readonly int[] _holders;
    private readonly bool[] _isKept;
    private readonly PageQueue _idle;
    private int _emptyCount;

    public PageAllocator(int pageCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pageCount);
        _holders = new int[pageCount];
        _isKept = new bool[pageCount];
        _idle = new PageQueue(pageCount);
        _empty = new int[pageCount];
        for (int i = 0; i < pageCount; i++)
        {
            _empty[i] = pageCount - 1 - i; // page 0 goes out first
        }

        _emptyCount = pageCount;
    }

    public int PageCount => _holders.Length;

    /// <summary>Pages that nobody holds.</summary>
    public int FreeCount => _emptyCount + _idle.Count;

    /// <summary>Of them, those that are kept.</summary>
    public int IdleCount => _idle.Count;

    /// <summary>A page with one holder. It is not kept; if it was, what it held is lost.</summary>
    /// <returns>False when none is left; nothing changes then.</returns>
    public bool TryAllocate(out int page)
    {
        if (FreeCount == 0)
        {
            page = -1;
            return false;
        }

        if (_emptyCount > 0)
        {
            page = _empty[--_emptyCount];
        }
        else
        {
            page = _idle.First;
            _idle.Remove(page);
            _isKept[page] = false;
        }

        _holders[page] = 1;
        return true;
    }

    public int HolderCount(int page) => _holders[page];

    public void AddHolder(int page)
    {
        ThrowIfEmpty(page);
        if (_holders[page]++ == 0)
        {
            _idle.Remove(page);
        }
    }

    public void Release(int page)
    {
        if (_holders[page] == 0)
        {
            throw new InvalidOperationException($"Page {page} of {PageCount} has no holder.");
        }

        if (--_holders[page] > 0)
        {
            return;
        }

        if (_isKept[page])
        {
            _idle.Append(page);
        }
        else
        {
            _empty[_emptyCount++] = page;
        }
    }

    /// <summary>The page is to outlive its holders.</summary>
    public void Keep(int page)
    {
        ThrowIfEmpty(page);
        _isKept[page] = true;
    }

    /// <summary>The page need not outlive its holders any more.</summary>
    public void Forget(int page)
    {
        ThrowIfEmpty(page);
        if (_isKept[page] && _holders[page] == 0)
        {
            _idle.Remove(page);
            _empty[_emptyCount++] = page;
        }

        _isKept[page] = false;
    }

    private void ThrowIfEmpty(int page)
    {
        if (_holders[page] == 0 && !_isKept[page])
        {
            throw new InvalidOperationException($"Page {page} of {PageCount} has no holder.");
        }
    }
}
