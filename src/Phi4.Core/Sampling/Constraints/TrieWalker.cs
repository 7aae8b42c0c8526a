// SPDX-License-Identifier: MIT
using Phi4.Core.Sampling.Constraints.Grammars;

namespace Phi4.Core.Sampling.Constraints;

/// <summary>
/// Finds the tokens that may follow a state. What a token means inside a rule does not depend on who called the rule, so it is found out once for a state of a rule; only tokens that
/// reach over the rule's end are followed into the caller, all at once, and that is kept for the caller's state too. (The split is XGrammar's, Dong et al. 2024.)
/// </summary>
internal sealed class TrieWalker
{
    private const int Root = -1;

    private readonly ParserStates _states;
    private readonly TokenTrie _trie;
    private readonly Dictionary<(int State, TrieNodes From), TrieWalk> _walks = [];
    private readonly Dictionary<int[], TrieNodes> _nodeSets = new(IntSetComparer.Instance);
    private readonly ParserState[] _path;
    private readonly TrieNodes _root;
    private readonly List<int> _tokens = [];
    private readonly List<int> _beyond = [];

    public TrieWalker(ParserStates states, TokenTrie trie)
    {
        _states = states;
        _trie = trie;
        _path = new ParserState[TokenTrie.MaxDepth + 1];
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
            walk = Walk(_states.InsideRule(state), from);
            _walks.Add((state, from), walk);
        }

        return walk;
    }

    private TrieWalk Walk(ParserState start, TrieNodes from)
    {
        _tokens.Clear();
        _beyond.Clear();
        foreach (int node in from.Nodes)
        {
            if (start.ReachesBottom)
            {
                _beyond.Add(node);
            }

            Walk(start, node);
        }

        return new TrieWalk(TokenMask.Of([.. _tokens.Distinct().Order()], _trie.VocabSize), SetOf([.. _beyond.Distinct().Order()]));
    }

    private void Walk(ParserState start, int root)
    {
        TokenTrie.Node[] nodes = _trie.Nodes;
        ReadOnlySpan<byte> classOf = _states.Automaton.Classes.ClassOf;
        int rootDepth = root == Root ? 0 : nodes[root].Depth;
        int end = root == Root ? nodes.Length : nodes[root].End;
        _path[rootDepth] = start;
        for (int i = root + 1; i < end;)
        {
            ref readonly TokenTrie.Node node = ref nodes[i];
            int byteClass = classOf[node.Byte];
            ParserState parent = _path[node.Depth - 1];
            ParserState state = parent.Next[byteClass] ?? _states.StepClass(parent, byteClass);
            if (state.IsDead)
            {
                i = node.End;
                continue;
            }

            for (int token = node.Token; token >= 0; token = _trie.TwinOf(token))
            {
                _tokens.Add(token);
            }

            if (state.ReachesBottom && node.End > i + 1)
            {
                _beyond.Add(i);
            }

            _path[node.Depth] = state;
            i = state.Items.Length > 0 ? i + 1 : node.End;
        }
    }

    private TrieNodes SetOf(int[] nodes)
    {
        if (!_nodeSets.TryGetValue(nodes, out TrieNodes? set))
        {
            set = new TrieNodes(nodes);
            _nodeSets.Add(nodes, set);
        }

        return set;
    }
}
