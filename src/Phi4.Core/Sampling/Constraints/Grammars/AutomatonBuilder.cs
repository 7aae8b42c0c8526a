// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling.Constraints.Grammars;

/// <summary>From a grammar to its table: rules that can't end are cut away, rules that call themselves before reading a byte are refused.</summary>
internal sealed class AutomatonBuilder
{
    private readonly Grammar _grammar;
    private readonly ByteClasses _classes;
    private readonly Dfa[] _rules;
    private readonly bool[][] _useful;
    private readonly bool[] _isNullable;

    private AutomatonBuilder(Grammar grammar)
    {
        _grammar = grammar;
        Nfa[] automata = [.. Enumerable.Range(0, grammar.RuleCount).Select(rule => NfaBuilder.Build(grammar.BodyOf(rule), grammar.NameOf(rule)))];
        _classes = ByteClasses.Of(automata);
        _rules = [.. automata.Select((nfa, rule) => Determinizer.Of(nfa, _classes, grammar.NameOf(rule)))];
        _useful = [.. _rules.Select(dfa => new bool[dfa.StateCount])];
        _isNullable = new bool[_rules.Length];
    }

    /// <exception cref="ConstraintException">The grammar matches nothing, is too large, or has a rule that begins with itself.</exception>
    public static Automaton Build(Grammar grammar)
    {
        var builder = new AutomatonBuilder(grammar);
        builder.FindUseful();
        if (!builder._useful[grammar.Start][0])
        {
            throw new ConstraintException("nothing matches: no text can satisfy it.", grammar.NameOf(0));
        }

        builder.FindNullable();
        builder.RefuseLeftRecursion();
        return builder.Flatten();
    }

    private IEnumerable<(int Rule, int To)> CallsOf(int rule, int state) =>
        _rules[rule].CallsOf(state).Where(call => _useful[call.Rule][0] && _useful[rule][call.To]);

    private void FindUseful()
    {
        for (bool found = true; found;)
        {
            found = false;
            for (int rule = 0; rule < _rules.Length; rule++)
            {
                found |= FindUseful(rule);
            }
        }
    }

    private bool FindUseful(int rule)
    {
        Dfa dfa = _rules[rule];
        bool[] useful = _useful[rule];
        bool any = false;
        for (bool found = true; found;)
        {
            found = false;
            for (int state = dfa.StateCount - 1; state >= 0; state--)
            {
                if (!useful[state] && (dfa.Accepts[state] || Array.Exists(dfa.NextOf(state), next => next >= 0 && useful[next]) || CallsOf(rule, state).Any()))
                {
                    useful[state] = found = any = true;
                }
            }
        }

        return any;
    }

    private void FindNullable()
    {
        for (bool found = true; found;)
        {
            found = false;
            for (int rule = 0; rule < _rules.Length; rule++)
            {
                if (!_isNullable[rule] && AtStart(rule).Any(state => _rules[rule].Accepts[state]))
                {
                    _isNullable[rule] = found = true;
                }
            }
        }
    }

    /// <summary>States of a rule in which it can be before it has read a byte.</summary>
    private HashSet<int> AtStart(int rule)
    {
        HashSet<int> reached = [0];
        Stack<int> open = new(reached);
        while (open.TryPop(out int state))
        {
            foreach ((int callee, int to) in CallsOf(rule, state))
            {
                if (_isNullable[callee] && reached.Add(to))
                {
                    open.Push(to);
                }
            }
        }

        return reached;
    }

    private void RefuseLeftRecursion()
    {
        int[][] first = [.. Enumerable.Range(0, _rules.Length).Select(rule => AtStart(rule).SelectMany(state => CallsOf(rule, state)).Select(call => call.Rule).Distinct().ToArray())];
        int[] level = new int[first.Length];
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int rule = 0; rule < first.Length; rule++)
            {
                foreach (int callee in first[rule])
                {
                    if (level[callee] > level[rule])
                    {
                        continue;
                    }

                    // Without a circle, the longest way has fewer steps than there are rules.
                    level[callee] = level[rule] + 1;
                    changed = true;
                    if (level[callee] > first.Length)
                    {
                        throw new ConstraintException("the rule can begin with itself; write the repetition with * or + or with the rule at the end.", _grammar.NameOf(callee));
                    }
                }
            }
        }
    }

    private Automaton Flatten()
    {
        int[][] numbers = new int[_rules.Length][];
        int count = 0;
        for (int rule = 0; rule < _rules.Length; rule++)
        {
            numbers[rule] = [.. _useful[rule].Select(isUseful => isUseful ? count++ : -1)];
        }

        int[] next = new int[count * _classes.Count];
        var calls = new CallEdge[count][];
        bool[] accepts = new bool[count];
        for (int rule = 0; rule < _rules.Length; rule++)
        {
            for (int state = 0; state < _rules[rule].StateCount; state++)
            {
                int number = numbers[rule][state];
                if (number < 0)
                {
                    continue;
                }

                int[] row = _rules[rule].NextOf(state);
                for (int c = 0; c < row.Length; c++)
                {
                    next[(number * row.Length) + c] = row[c] < 0 ? -1 : numbers[rule][row[c]];
                }

                calls[number] = [.. CallsOf(rule, state).Select(call => new CallEdge(numbers[call.Rule][0], numbers[rule][call.To]))];
                accepts[number] = _rules[rule].Accepts[state];
            }
        }

        return new Automaton(_classes, next, calls, accepts, numbers[_grammar.Start][0]);
    }
}
