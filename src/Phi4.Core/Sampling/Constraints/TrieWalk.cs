// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling.Constraints;

/// <summary>What a rule says of tokens, from one of its states on and from some nodes of the trie on.</summary>
/// <param name="Tokens">Tokens that end before, or just where, the rule ends.</param>
/// <param name="Beyond">Nodes of the trie at which the rule may have ended while a token goes on.</param>
internal sealed record TrieWalk(TokenMask Tokens, TrieNodes Beyond);

/// <summary>Some nodes of a trie, ascending; equal ones are the same object within one <see cref="TrieWalker"/>.</summary>
internal sealed class TrieNodes(int[] nodes, int height)
{
    public int[] Nodes => nodes;

    /// <summary>Most bytes from one of them to the end of a token.</summary>
    public int Height => height;
}
