// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Core.State;

/// <summary>Which pages hold a sequence's keys and values, in order, and how many of its tokens they hold. <see cref="KvCache"/> changes it.</summary>
/// <param name="pageCapacity">Pages that it will come to hold: room for them is made here, so that a step allocates nothing.</param>
internal sealed class PageTable(int pageCapacity = 0)
{
    /// <summary>Pages in position order: position p lies in page p / P.</summary>
    public List<int> Pages { get; } = new(pageCapacity);

    /// <summary>Tokens whose keys and values are in the cache.</summary>
    public int Length { get; set; }

    /// <summary>What was added to positions to find the rotary rows of those keys: they are valid for this regime only.</summary>
    public int RopeOffset { get; set; }

    /// <summary>Pages from the first on that others can find by their tokens.</summary>
    public int KnownPages { get; set; }

    public ReadOnlySpan<int> AsSpan() => CollectionsMarshal.AsSpan(Pages);
}
