// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4.Core.Sampling.Constraints.Grammars;

/// <summary>From an expression to an automaton, by Thompson's construction.</summary>
internal sealed class NfaBuilder
{
    /// <summary>Most states of one rule: counted repetitions inside each other multiply.</summary>
    public const int MostStates = 200_000;

    private readonly Nfa _nfa = new();
    private readonly string _name;

    private NfaBuilder(string name) => _name = name;

    /// <param name="expression">A rule's right side.</param>
    /// <param name="name">The rule's name, for messages.</param>
    /// <exception cref="ConstraintException">It takes too many states.</exception>
    public static Nfa Build(Expr expression, string name)
    {
        var builder = new NfaBuilder(name);
        Nfa nfa = builder._nfa;
        nfa.Start = nfa.AddState();
        nfa.End = builder.Add(expression, nfa.Start);
        return nfa;
    }

    /// <summary>Adds a path from a state; returns the state where it ends.</summary>
    private int Add(Expr expression, int from)
    {
        switch (expression)
        {
            case LiteralExpr literal:
                return literal.Bytes.Aggregate(from, (state, value) => AddBytes(state, value, value, NewState()));
            case CharacterExpr character:
                return AddCharacter(character.Set, from);
            case SequenceExpr sequence:
                return sequence.Parts.Aggregate(from, (state, part) => Add(part, state));
            case ChoiceExpr choice:
                int end = NewState();
                foreach (Expr option in choice.Options)
                {
                    _nfa.AddEmpty(Add(option, Fork(from)), end);
                }

                return end;
            case RepeatExpr repeat:
                return AddRepeat(repeat, from);
            case CallExpr call:
                int returned = NewState();
                _nfa.AddCall(from, call.Rule, returned);
                return returned;
            case GraphExpr graph:
                return AddGraph(graph, from);
            case BothExpr both:
                return AddDfa(DfaProduct.Of(DfaOf(both.Left), DfaOf(both.Right), (left, right) => left && right), from);
            case ExceptExpr except:
                return AddDfa(DfaProduct.Of(DfaOf(except.Left), DfaOf(except.Right), (left, right) => left && !right), from);
            default:
                throw new ArgumentException($"No automaton for {expression.GetType().Name}.", nameof(expression));
        }
    }

    // A loop that comes back to a state must not let what else starts there run twice.
    private int Fork(int from)
    {
        int state = NewState();
        _nfa.AddEmpty(from, state);
        return state;
    }

    private int AddCharacter(CodePointSet set, int from)
    {
        int end = NewState();
        foreach ((byte Low, byte High)[] sequence in set.Ranges.SelectMany(range => Utf8Sequences.Of(range.Low, range.High)))
        {
            int state = from;
            for (int i = 0; i < sequence.Length; i++)
            {
                state = AddBytes(state, sequence[i].Low, sequence[i].High, i == sequence.Length - 1 ? end : NewState());
            }
        }

        return end;
    }

    private int AddRepeat(RepeatExpr repeat, int from)
    {
        int state = from;
        for (int i = 0; i < repeat.Min; i++)
        {
            state = Add(repeat.Body, state);
        }

        if (repeat.Max is null)
        {
            int loop = Fork(state);
            _nfa.AddEmpty(Add(repeat.Body, Fork(loop)), loop);
            return Fork(loop);
        }

        int end = NewState();
        for (int i = repeat.Min; i < repeat.Max; i++)
        {
            _nfa.AddEmpty(state, end);
            state = Add(repeat.Body, Fork(state));
        }

        _nfa.AddEmpty(state, end);
        return end;
    }

    private int AddGraph(GraphExpr graph, int from)
    {
        int[] states = new int[graph.StateCount];
        for (int i = 0; i < states.Length; i++)
        {
            states[i] = NewState();
        }

        _nfa.AddEmpty(from, states[0]);
        foreach ((int source, Expr via, int target) in graph.Edges)
        {
            _nfa.AddEmpty(Add(via, Fork(states[source])), states[target]);
        }

        return states[^1];
    }

    private Dfa DfaOf(Expr expression)
    {
        Nfa nfa = Build(expression, _name);
        return Determinizer.Of(nfa, ByteClasses.Of(nfa), _name);
    }

    private int AddDfa(Dfa dfa, int from)
    {
        int end = NewState();
        int[] states = new int[dfa.StateCount];
        for (int state = 0; state < states.Length; state++)
        {
            states[state] = NewState();
        }

        _nfa.AddEmpty(from, states[0]);
        for (int state = 0; state < states.Length; state++)
        {
            foreach ((byte low, byte high, int target) in dfa.RangesOf(state))
            {
                _nfa.AddBytes(states[state], low, high, states[target]);
            }

            if (dfa.Accepts[state])
            {
                _nfa.AddEmpty(states[state], end);
            }
        }

        return end;
    }

    private int AddBytes(int from, byte low, byte high, int to)
    {
        _nfa.AddBytes(from, low, high, to);
        return to;
    }

    private int NewState() => _nfa.StateCount < MostStates
        ? _nfa.AddState()
        : throw new ConstraintException(string.Create(CultureInfo.InvariantCulture, $"it takes more than {MostStates} states; smaller counts help."), _name);
}
