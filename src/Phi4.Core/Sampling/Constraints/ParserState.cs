// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling.Constraints;

/// <summary>Everywhere that a grammar may be after some bytes. What is found out about it, it keeps.</summary>
internal sealed class ParserState(ParserStates owner, StackNode[] kernel, StackNode[] items, bool reachesBottom)
{
    private ParserState?[]? _next;

    /// <summary>Where it was made.</summary>
    public ParserStates Owner => owner;

    /// <summary>Where the last byte led.</summary>
    public StackNode[] Kernel => kernel;

    /// <summary>Where a byte can be read: the kernel, and what it calls or returns to.</summary>
    public StackNode[] Items => items;

    /// <summary>The text may end here.</summary>
    public bool ReachesBottom => reachesBottom;

    public bool IsDead => items.Length == 0 && !reachesBottom;

    /// <summary>Known once asked for.</summary>
    public TokenMask? Mask { get; set; }

    /// <summary>Tokens that follow whatever the model thinks; known once asked for.</summary>
    public int[]? Forced { get; set; }

    /// <summary>By class of byte, what follows; null where nobody has looked yet.</summary>
    public ParserState?[] Next => _next ??= new ParserState?[owner.Automaton.Classes.Count];
}
