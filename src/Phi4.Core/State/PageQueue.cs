// SPDX-License-Identifier: MIT
namespace Phi4.Core.State;

/// <summary>Page numbers in the order in which they came, each at most once; any of them leaves in constant time. All memory is allocated at once.</summary>
internal sealed class PageQueue
{
    private const int None = -1;

    private readonly int[] _next;
    private readonly int[] _previous;
    private int _first = None;
    private int _last = None;

    public PageQueue(int pageCount)
    {
        _next = new int[pageCount];
        _previous = new int[pageCount];
    }

    public int Count { get; private set; }

    /// <summary>The one that has waited longest; there has to be one.</summary>
    public int First => _first;

    /// <param name="page">One that is not in the queue.</param>
    public void Append(int page)
    {
        (_previous[page], _next[page]) = (_last, None);
        if (_last == None)
        {
            _first = page;
        }
        else
        {
            _next[_last] = page;
        }

        _last = page;
        Count++;
    }

    /// <param name="page">One that is in the queue.</param>
    public void Remove(int page)
    {
        (int before, int behind) = (_previous[page], _next[page]);
        if (before == None)
        {
            _first = behind;
        }
        else
        {
            _next[before] = behind;
        }

        if (behind == None)
        {
            _last = before;
        }
        else
        {
            _previous[behind] = before;
        }

        Count--;
    }
}
