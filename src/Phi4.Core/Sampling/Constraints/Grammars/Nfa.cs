// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling.Constraints.Grammars;

/// <summary>A rule as an automaton that may be in several states at once: over bytes, over calls of rules, and over nothing. Grows while it is built.</summary>
internal sealed class Nfa
{
    private readonly List<List<NfaEdge>> _edges = [];

    public int StateCount => _edges.Count;

    public int Start { get; set; }

    public int End { get; set; }

    public IReadOnlyList<NfaEdge> EdgesOf(int state) => _edges[state];

    public int AddState()
    {
        _edges.Add([]);
        return _edges.Count - 1;
    }

    public void AddEmpty(int from, int to) => _edges[from].Add(new NfaEdge(NfaEdgeKind.Empty, 0, 0, 0, to));

    public void AddBytes(int from, byte low, byte high, int to) => _edges[from].Add(new NfaEdge(NfaEdgeKind.Bytes, low, high, 0, to));

    public void AddCall(int from, int rule, int to) => _edges[from].Add(new NfaEdge(NfaEdgeKind.Call, 0, 0, rule, to));
}

/// <summary>What an edge is over.</summary>
internal enum NfaEdgeKind
{
    Empty,
    Bytes,
    Call,
}

/// <summary>An edge.</summary>
internal readonly record struct NfaEdge(NfaEdgeKind Kind, byte Low, byte High, int Rule, int To);
