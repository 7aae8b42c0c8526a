// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Core.Sampling.Constraints.Grammars;

namespace Phi4.Core.Sampling.Constraints;

/// <summary>
/// Finds the tokens that may follow a state. What a token means inside a rule does not depend on who called the rule, so it is found out once for a state of a rule; only tokens that
/// reach over the rule's end are followed into the caller, all at once, and that is kept for the caller's state too. (The split is XGrammar's, Dong et al. 2024.)
/// States that are alike for more bytes than any token has share what is found; if for fewer, only longer tokens are looked at anew.
/// </summary>
internal sealed class TrieWalker
{
    private const int Root = -1;

    /// <summary>Of states that are alike for fewer bytes little would be kept; where there are few tokens, little has to be found.</summary>
    private const int LeastAlike = 3;

    private readonly ParserStates _states;
    private readonly StateLikeness _likeness;
    private readonly TokenTrie _trie;
    private readonly Dictionary<(int State, TrieNodes From), TrieWalk> _walks = [];
    private readonly Dictionary<(int LikeClass, TrieNodes From), (TrieWalk Walk, int Left)> _walksOfClasses = [];
    private readonly Dictionary<int[], TrieNodes> _nodeSets = new(IntSetComparer.Instance);
    private readonly ParserState[] _path;
    private readonly TrieNodes _root;
    private readonly ulong[] _tokens;
    private readonly List<int> _found = [];
    private readonly List<int> _beyond = [];

    public TrieWalker(ParserStates states, StateLikeness likeness, TokenTrie trie)
    {
        _states = states;
        _likeness = likeness;
        _trie = trie;
        _path = new ParserState[TokenTrie.MaxDepth + 1];
        _tokens = new ulong[TokenMask.WordsOf(trie.VocabSize)];
        _root = SetOf([Root]);
    }

    /// <summary>Tokens that may follow.</summary>
    public TokenMask MaskOf(ParserState state)
    {
        List<TokenMask> parts = [];
        foreach (StackNode top in state.Kernel)
        {
            TrieNodes from = _root;
            for (StackNode node = top; !node.IsBottom && from.Nodes.Length > 0; node = node.Parent!)
            {
                TrieWalk walk = WalkOf(node.State, from);
                if (walk.Tokens.Count > 0 && !parts.Contains(walk.Tokens))
                {
                    parts.Add(walk.Tokens);
                }

                from = walk.Beyond;
            }
        }

        return TokenMask.Union(parts, _trie.VocabSize);
    }

    private TrieWalk WalkOf(int state, TrieNodes from)
    {
        if (!_walks.TryGetValue((state, from), out TrieWalk? walk))
        {
            (TrieWalk? like, int bytes) = Closest(state, from);
            walk = like is not null && bytes >= from.Height ? like
                : like is not null && bytes >= LeastAlike && from == _root && !TokenMask.IsFew(like.Tokens.Count, _trie.VocabSize) ? Correct(like, bytes, _states.InsideRule(state))
                : Walk(_states.InsideRule(state), from);
            _walks.Add((state, from), walk);
            Offer(walk, state, from);
        }

        return walk;
    }

    /// <summary>Of the walks that were made, one from a state that is alike for as many bytes as any.</summary>
    private (TrieWalk? Walk, int Bytes) Closest(int state, TrieNodes from)
    {
        (TrieWalk? walk, int bytes) = (null, -1);
        int left = StateLikeness.Horizon + 1;
        for (int likeClass = _likeness.ClassOf(state); likeClass >= 0; likeClass = _likeness.ParentOf(likeClass))
        {
            if (_walksOfClasses.TryGetValue((likeClass, from), out (TrieWalk Walk, int Left) found) && Math.Min(left, found.Left) - 1 > bytes)
            {
                (walk, bytes) = (found.Walk, Math.Min(left, found.Left) - 1);
            }

            left = _likeness.RoundOf(likeClass);
        }

        return (walk, bytes);
    }

    /// <summary>Each class keeps the walk of a state that left it last.</summary>
    private void Offer(TrieWalk walk, int state, TrieNodes from)
    {
        int left = StateLikeness.Horizon + 1;
        for (int likeClass = _likeness.ClassOf(state); likeClass >= 0; likeClass = _likeness.ParentOf(likeClass))
        {
            ref (TrieWalk Walk, int Left) kept = ref CollectionsMarshal.GetValueRefOrAddDefault(_walksOfClasses, (likeClass, from), out _);
            if (kept.Left < left)
            {
                kept = (walk, left);
            }

            left = _likeness.RoundOf(likeClass);
        }
    }

    private TrieWalk Walk(ParserState start, TrieNodes from)
    {
        _found.Clear();
        _beyond.Clear();
        foreach (int node in from.Nodes)
        {
            if (start.ReachesBottom)
            {
                _beyond.Add(node);
            }

            Walk(start, node, alike: 0);
        }

        if (TokenMask.IsFew(_found.Count, _trie.VocabSize))
        {
            return new TrieWalk(TokenMask.OfFew([.. _found.Distinct().Order()]), BeyondFound());
        }

        Array.Clear(_tokens);
        _found.ForEach(token => TokenMask.Set(_tokens, token, true));
        return new TrieWalk(TokenMask.Of(_tokens, _trie.VocabSize), BeyondFound());
    }

    /// <summary>The walk from a state that is like another one for so many bytes: up to there it is that one's.</summary>
    private TrieWalk Correct(TrieWalk like, int alike, ParserState start)
    {
        Array.Clear(_tokens);
        like.Tokens.AddTo(_tokens);
        _beyond.Clear();
        _beyond.AddRange(like.Beyond.Nodes.Where(node => node == Root || _trie.Nodes[node].Depth <= alike));
        _found.Clear();
        Walk(start, Root, alike);
        _found.ForEach(token => TokenMask.Set(_tokens, token, true));
        return new TrieWalk(TokenMask.Of(_tokens, _trie.VocabSize), BeyondFound());
    }

    private TrieNodes BeyondFound() => SetOf([.. _beyond.Distinct().Order()]);

    /// <summary>Finds the tokens below a node that may follow. Nodes of the depth up to which states are alike are right already; nodes below them hold tokens that may be wrong.</summary>
    private void Walk(ParserState start, int root, int alike)
    {
        TokenTrie.Node[] nodes = _trie.Nodes;
        ReadOnlySpan<byte> classOf = _states.Automaton.Classes.ClassOf;
        int rootDepth = root == Root ? 0 : nodes[root].Depth;
        int end = root == Root ? nodes.Length : nodes[root].End;
        _path[rootDepth] = start;
        for (int i = root + 1; i < end;)
        {
            ref readonly TokenTrie.Node node = ref nodes[i];
            if (node.Depth + node.Height <= alike)
            {
                i = node.End;
                continue;
            }

            int byteClass = classOf[node.Byte];
            ParserState parent = _path[node.Depth - 1];
            ParserState state = parent.Next[byteClass] ?? _states.StepClass(parent, byteClass);
            if (state.IsDead)
            {
                if (alike > 0 && node.Depth > alike)
                {
                    Remove(i, node.End); // not so deep, it is dead for the other state too
                }

                i = node.End;
                continue;
            }

            if (node.Depth > alike)
            {
                for (int token = node.Token; token >= 0; token = _trie.TwinOf(token))
                {
                    _found.Add(token);
                }

                if (state.ReachesBottom && node.End > i + 1)
                {
                    _beyond.Add(i);
                }
            }

            _path[node.Depth] = state;
            if (state.Items.Length > 0)
            {
                i++;
            }
            else
            {
                if (alike > 0 && node.Depth >= alike)
                {
                    Remove(i + 1, node.End);
                }

                i = node.End;
            }
        }
    }

    private void Remove(int start, int end)
    {
        for (int i = start; i < end; i++)
        {
            for (int token = _trie.Nodes[i].Token; token >= 0; token = _trie.TwinOf(token))
            {
                TokenMask.Set(_tokens, token, false);
            }
        }
    }

    private TrieNodes SetOf(int[] nodes)
    {
        if (!_nodeSets.TryGetValue(nodes, out TrieNodes? set))
        {
            int height = nodes.Length == 0 ? 0 : nodes.Max(node => node == Root ? _trie.MaxTokenBytes : _trie.Nodes[node].Height);
            set = new TrieNodes(nodes, height);
            _nodeSets.Add(nodes, set);
        }

        return set;
    }
}
