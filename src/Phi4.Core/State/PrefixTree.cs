// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace Phi4.Core.State;

/// <summary>
/// Which pages hold the keys and values of which tokens. A node is a page; the way to it from a root is all the tokens that its keys depend on, so a page is found by these and by nothing less. Full
/// pages may have children; a page that is filled in part is a leaf. There are two roots, since LongRoPE rotates keys in two ways. All memory is allocated at once.
/// </summary>
/// <remarks>
/// A tree in the manner of Zheng et al. 2024, "SGLang: Efficient Execution of Structured Language Model Programs", by whole pages. Children are compared one by one: a page's worth of
/// work is at least a million times that of a comparison.
/// </remarks>
internal sealed class PrefixTree
{
    private const int None = -1;

    private readonly int _pageCount;
    private readonly int _pageSize;
    private readonly int[] _tokens;
    private readonly int[] _tokenCounts;
    private readonly int[] _parents;
    private readonly int[] _firstChildren;
    private readonly int[] _next;
    private readonly int[] _previous;

    public PrefixTree(int pageCount, int pageSize)
    {
        _pageCount = pageCount;
        _pageSize = pageSize;
        _tokens = new int[pageCount * pageSize];
        _tokenCounts = new int[pageCount];
        _parents = new int[pageCount];
        _next = new int[pageCount];
        _previous = new int[pageCount];
        _firstChildren = new int[pageCount + 2];
        Array.Fill(_firstChildren, None);
    }

    /// <summary>The node above the first pages of sequences of one rotary regime.</summary>
    public int RootOf(int ropeOffset) => ropeOffset == 0 ? _pageCount : _pageCount + 1;

    public bool Contains(int page) => _tokenCounts[page] > 0;

    /// <summary>Tokens of the page; 0 if it is not in the tree.</summary>
    public int TokenCount(int page) => _tokenCounts[page];

    /// <summary>The child that shares the longest beginning with the tokens, and how many tokens that is; no child and 0 where none shares the first.</summary>
    /// <param name="parent">A root or a full page.</param>
    /// <param name="tokens">What follows the parent's tokens; what goes beyond a page is not looked at.</param>
    public (int Page, int Common) Find(int parent, ReadOnlySpan<int> tokens)
    {
        tokens = tokens[..Math.Min(tokens.Length, _pageSize)];
        (int best, int common) = (None, 0);
        for (int child = _firstChildren[parent]; child != None && common < tokens.Length; child = _next[child])
        {
            int length = TokensOf(child).CommonPrefixLength(tokens);
            if (length > common)
            {
                (best, common) = (child, length);
            }
        }

        return (best, common);
    }

    /// <param name="parent">A root or a full page.</param>
    /// <param name="page">One that is not in the tree.</param>
    /// <param name="tokens">What it holds: at least one token, at most a page's.</param>
    public void Add(int parent, int page, ReadOnlySpan<int> tokens)
    {
        Debug.Assert(!Contains(page) && tokens.Length > 0, "A page is one node.");
        tokens.CopyTo(_tokens.AsSpan(page * _pageSize, _pageSize));
        _tokenCounts[page] = tokens.Length;
        _parents[page] = parent;
        int first = _firstChildren[parent];
        (_previous[page], _next[page], _firstChildren[parent], _firstChildren[page]) = (None, first, page, None);
        if (first != None)
        {
            _previous[first] = page;
        }
    }

    /// <summary>Takes a page without children out.</summary>
    public void Remove(int page)
    {
        Debug.Assert(Contains(page) && _firstChildren[page] == None, "Children go first.");
        (int before, int behind) = (_previous[page], _next[page]);
        if (before == None)
        {
            _firstChildren[_parents[page]] = behind;
        }
        else
        {
            _next[before] = behind;
        }

        if (behind != None)
        {
            _previous[behind] = before;
        }

        _tokenCounts[page] = 0;
    }

    /// <summary>Takes everything out.</summary>
    public void Clear()
    {
        Array.Clear(_tokenCounts);
        Array.Fill(_firstChildren, None);
    }

    private ReadOnlySpan<int> TokensOf(int page) => _tokens.AsSpan(page * _pageSize, _tokenCounts[page]);
}
