// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Core.Sampling.Constraints.Grammars;

namespace Phi4.Core.Sampling.Constraints;

/// <summary>
/// Runs a grammar over bytes as an automaton with stacks, in all ways at once, and makes each state only once: what has been seen before costs a look at a table.
/// One thread at a time.
/// </summary>
internal sealed class ParserStates
{
    private const int RootBottom = -1;
    private const int RuleBottom = -2;

    private readonly Dictionary<(int State, StackNode? Parent), StackNode> _nodes = [];
    private readonly Dictionary<int[], ParserState> _states = new(IntSetComparer.Instance);
    private readonly Dictionary<int, ParserState> _insideRules = [];
    private readonly StackNode _root;
    private readonly StackNode _rule;
    private readonly List<StackNode> _open = [];
    private readonly HashSet<StackNode> _reached = [];

    public ParserStates(Automaton automaton)
    {
        Automaton = automaton;
        _root = NodeOf(RootBottom, null);
        _rule = NodeOf(RuleBottom, null);
        Dead = new ParserState(this, [], [], reachesBottom: false);
        Start = StateOf([NodeOf(automaton.Start, _root)]);
    }

    public Automaton Automaton { get; }

    /// <summary>No byte leads on, and the text may not end.</summary>
    public ParserState Dead { get; }

    /// <summary>Before the first byte.</summary>
    public ParserState Start { get; }

    public int Count => _states.Count;

    /// <summary>In a state of a rule of which it is not known who called it: reaching the bottom means that the rule has ended.</summary>
    public ParserState InsideRule(int state)
    {
        ref ParserState? found = ref CollectionsMarshal.GetValueRefOrAddDefault(_insideRules, state, out _);
        return found ??= StateOf([NodeOf(state, _rule)]);
    }

    public ParserState Step(ParserState from, byte value) => StepClass(from, Automaton.Classes.ClassOf[value]);

    public ParserState StepClass(ParserState from, int byteClass) => from.Next[byteClass] ??= Follow(from, byteClass);

    /// <summary>The same state, made here.</summary>
    public ParserState Import(ParserState state) =>
        state.Owner == this ? state : StateOf(Sorted([.. state.Kernel.Select(Import)]));

    private StackNode Import(StackNode node)
    {
        Stack<int> states = new();
        for (; node.Parent is { } parent; node = parent)
        {
            states.Push(node.State);
        }

        return states.Aggregate(node.State == RootBottom ? _root : _rule, (parent, state) => NodeOf(state, parent));
    }

    private ParserState Follow(ParserState from, int byteClass)
    {
        List<StackNode> kernel = [];
        foreach (StackNode item in from.Items)
        {
            int target = Automaton.Next(item.State, byteClass);
            if (target >= 0)
            {
                kernel.Add(NodeOf(target, item.Parent));
            }
        }

        return kernel.Count == 0 ? Dead : StateOf(Sorted(kernel));
    }

    private static StackNode[] Sorted(List<StackNode> nodes) => [.. nodes.Distinct().OrderBy(node => node.Id)];

    private ParserState StateOf(StackNode[] kernel)
    {
        int[] key = Array.ConvertAll(kernel, node => node.Id);
        ref ParserState? found = ref CollectionsMarshal.GetValueRefOrAddDefault(_states, key, out _);
        return found ??= Complete(kernel);
    }

    /// <summary>Adds what the kernel calls and what it returns to.</summary>
    private ParserState Complete(StackNode[] kernel)
    {
        _open.Clear();
        _reached.Clear();
        bool reachesBottom = false;
        foreach (StackNode node in kernel)
        {
            Reach(node);
        }

        for (int i = 0; i < _open.Count; i++)
        {
            StackNode node = _open[i];
            if (node.IsBottom)
            {
                reachesBottom = true;
                continue;
            }

            foreach (CallEdge call in Automaton.CallsOf(node.State))
            {
                Reach(NodeOf(call.Start, Automaton.IsLast(call.Return) ? node.Parent : NodeOf(call.Return, node.Parent)));
            }

            if (Automaton.Accepts(node.State))
            {
                Reach(node.Parent!);
            }
        }

        StackNode[] items = [.. _open.Where(node => !node.IsBottom && Automaton.ReadsBytes(node.State))];
        return new ParserState(this, kernel, items, reachesBottom);
    }

    private void Reach(StackNode node)
    {
        if (_reached.Add(node))
        {
            _open.Add(node);
        }
    }

    private StackNode NodeOf(int state, StackNode? parent)
    {
        ref StackNode? found = ref CollectionsMarshal.GetValueRefOrAddDefault(_nodes, (state, parent), out _);
        return found ??= new StackNode(_nodes.Count - 1, state, parent);
    }
}
