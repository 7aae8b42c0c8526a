// SPDX-License-Identifier: MIT
namespace Phi4.Core.State;

/// <content>
/// Pages outlive the sequences that filled them: one whose tokens begin alike takes them over. Three rules make that safe. Who holds a page of the tree holds all pages on
/// the way to it; a sequence gives its last page back first, so a parent is always younger among the idle than its children, and goes after them. A page in the tree is never written again.
/// </content>
internal sealed partial class KvCache
{
    /// <summary>Fewer tokens than this are not worth copying a page for: so many open every turn of a chat.</summary>
    private const int SmallestCopy = 4;

    private readonly PrefixTree _prefixes;

    /// <summary>Of the free pages, those that hold what finished sequences have computed.</summary>
    public int IdlePageCount => _allocator.IdleCount;

    /// <summary>
    /// Gives an empty table what the cache knows of these tokens: the full pages that hold a beginning of them, shared, and of a page that goes on as they do for a while, a copy.
    /// The last token is always left to compute, since somebody wants its logits. What was found is the table's length.
    /// </summary>
    /// <param name="table">Empty.</param>
    /// <param name="tokens">At least one.</param>
    /// <param name="ropeOffset">The regime in which the keys have to be rotated.</param>
    public void TakeOver(PageTable table, ReadOnlySpan<int> tokens, int ropeOffset)
    {
        table.RopeOffset = ropeOffset;
        tokens = tokens[..^1];
        int node = _prefixes.RootOf(ropeOffset);
        while (true)
        {
            (int page, int common) = _prefixes.Find(node, tokens);
            if (common < PageSize)
            {
                TakeCopy(table, page, common);
                return;
            }

            _allocator.AddHolder(page);
            table.Pages.Add(page);
            table.Length += PageSize;
            table.KnownPages++;
            tokens = tokens[PageSize..];
            node = page;
        }
    }

    /// <summary>Pages that <see cref="TakeOver"/> would find in others' hands: they cost no free page.</summary>
    public int CountHeld(ReadOnlySpan<int> tokens, int ropeOffset)
    {
        int node = _prefixes.RootOf(ropeOffset);
        for (int count = 0; ; count++)
        {
            (int page, int common) = _prefixes.Find(node, tokens[(count * PageSize)..^1]);
            if (common < PageSize || _allocator.HolderCount(page) == 0)
            {
                return count;
            }

            node = page;
        }
    }

    /// <summary>
    /// Lets others find the pages that have become full. Where another sequence has computed the same tokens meanwhile, its page takes the place of the table's: the bits are the same.
    /// </summary>
    /// <param name="table">A sequence's own, never forked.</param>
    /// <param name="tokens">The sequence's.</param>
    public void Publish(PageTable table, ReadOnlySpan<int> tokens)
    {
        while (table.KnownPages < table.Length / PageSize)
        {
            int index = table.KnownPages;
            int own = table.Pages[index];
            int known = Publish(LastKnown(table), own, tokens.Slice(index * PageSize, PageSize));
            if (known != own)
            {
                _allocator.AddHolder(known);
                _allocator.Release(own);
                table.Pages[index] = known;
            }

            table.KnownPages++;
        }
    }

    /// <summary>Gives a table's pages back, and keeps what they hold for as long as nobody needs them for something else.</summary>
    /// <param name="table">A sequence's own, never forked.</param>
    /// <param name="tokens">The sequence's.</param>
    public void Leave(PageTable table, ReadOnlySpan<int> tokens)
    {
        Publish(table, tokens);
        int rest = table.Length % PageSize;
        if (rest >= SmallestCopy)
        {
            Publish(LastKnown(table), table.Pages[table.KnownPages], tokens.Slice(table.Length - rest, rest));
        }

        Truncate(table, 0);
    }

    /// <summary>Nothing is found any more. For when what the pages hold can't be trusted; no table may have known pages then.</summary>
    public void ForgetPrefixes()
    {
        for (int page = 0; page < PageCount; page++)
        {
            if (_prefixes.Contains(page))
            {
                _allocator.Forget(page);
            }
        }

        _prefixes.Clear();
    }

    private void TakeCopy(PageTable table, int page, int tokenCount)
    {
        if (tokenCount < SmallestCopy)
        {
            return;
        }

        _allocator.AddHolder(page); // the room for the copy must not be found here; and it has been of use, so it goes to the end of the queue
        try
        {
            if (TryCopy(page, out int copy))
            {
                table.Pages.Add(copy);
                table.Length += tokenCount;
            }
        }
        finally
        {
            _allocator.Release(page);
        }
    }

    private int LastKnown(PageTable table) => table.KnownPages == 0 ? _prefixes.RootOf(table.RopeOffset) : table.Pages[table.KnownPages - 1];

    /// <summary>The page under which the tokens are found from now on: this one, or one that has them already.</summary>
    private int Publish(int parent, int page, ReadOnlySpan<int> tokens)
    {
        (int found, int common) = _prefixes.Find(parent, tokens);
        if (common == tokens.Length)
        {
            return found;
        }

        if (common > 0 && common == _prefixes.TokenCount(found))
        {
            _prefixes.Remove(found); // it holds a beginning of these tokens and nothing else
            _allocator.Forget(found);
        }

        _prefixes.Add(parent, page, tokens);
        _allocator.Keep(page);
        return page;
    }
}
