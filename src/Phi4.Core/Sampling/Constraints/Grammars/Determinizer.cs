// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4.Core.Sampling.Constraints.Grammars;

/// <summary>From an automaton that may be in several states to one that is in one, by the subset construction.</summary>
internal sealed class Determinizer
{
    /// <summary>Most states of one rule.</summary>
    public const int MostStates = 50_000;

    private readonly Nfa _nfa;
    private readonly ByteClasses _classes;
    private readonly string _name;
    private readonly Dictionary<int[], int> _states = new(IntSetComparer.Instance);
    private readonly Dictionary<int[], int> _targets = new(IntSetComparer.Instance);
    private readonly List<int[]> _sets = [];
    private readonly int[] _seen;
    private readonly Stack<int> _open = new();
    private int _round;

    private Determinizer(Nfa nfa, ByteClasses classes, string name)
    {
        _nfa = nfa;
        _classes = classes;
        _name = name;
        _seen = new int[nfa.StateCount];
    }

    /// <exception cref="ConstraintException">It takes too many states.</exception>
    public static Dfa Of(Nfa nfa, ByteClasses classes, string name) => new Determinizer(nfa, classes, name).Run();

    private Dfa Run()
    {
        var dfa = new Dfa(_classes);
        StateOf([_nfa.Start]);
        var byClass = new List<int>[_classes.Count];
        for (int i = 0; i < byClass.Length; i++)
        {
            byClass[i] = [];
        }

        for (int state = 0; state < _sets.Count; state++)
        {
            SortedDictionary<int, List<int>> byRule = [];
            foreach (NfaEdge edge in _sets[state].SelectMany(_nfa.EdgesOf))
            {
                if (edge.Kind == NfaEdgeKind.Bytes)
                {
                    for (int c = _classes.ClassOf[edge.Low]; c <= _classes.ClassOf[edge.High]; c++)
                    {
                        byClass[c].Add(edge.To);
                    }
                }
                else if (edge.Kind == NfaEdgeKind.Call)
                {
                    (byRule.TryGetValue(edge.Rule, out List<int>? found) ? found : byRule[edge.Rule] = []).Add(edge.To);
                }
            }

            int[] next = new int[byClass.Length];
            for (int c = 0; c < next.Length; c++)
            {
                next[c] = byClass[c].Count == 0 ? -1 : StateOf(byClass[c]);
                byClass[c].Clear();
            }

            dfa.Add(next, [.. byRule.Select(entry => (entry.Key, StateOf(entry.Value)))], _sets[state].Contains(_nfa.End));
        }

        return dfa;
    }

    private int StateOf(List<int> targets)
    {
        int[] key = [.. targets];
        if (_targets.TryGetValue(key, out int state))
        {
            return state;
        }

        int[] set = Closure(key);
        if (!_states.TryGetValue(set, out state))
        {
            state = _sets.Count;
            if (state == MostStates)
            {
                throw new ConstraintException(string.Create(CultureInfo.InvariantCulture, $"it takes more than {MostStates} states; smaller counts help."), _name);
            }

            _sets.Add(set);
            _states.Add(set, state);
        }

        _targets.Add(key, state);
        return state;
    }

    private int[] Closure(int[] states)
    {
        _round++;
        List<int> reached = [];
        foreach (int state in states)
        {
            _open.Push(state);
        }

        while (_open.TryPop(out int state))
        {
            if (_seen[state] == _round)
            {
                continue;
            }

            _seen[state] = _round;
            bool matters = state == _nfa.End;
            foreach (NfaEdge edge in _nfa.EdgesOf(state))
            {
                if (edge.Kind == NfaEdgeKind.Empty)
                {
                    _open.Push(edge.To);
                }
                else
                {
                    matters = true;
                }
            }

            if (matters)
            {
                reached.Add(state);
            }
        }

        reached.Sort();
        return [.. reached];
    }
}
