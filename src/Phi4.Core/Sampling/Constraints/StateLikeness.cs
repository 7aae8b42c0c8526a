// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Core.Sampling.Constraints.Grammars;

namespace Phi4.Core.Sampling.Constraints;

/// <summary>
/// For how many bytes states of an automaton say the same: which bytes lead on, and whether the rule may have ended. A count unrolls into states that differ only where it is almost used
/// up, and these are alike for as many bytes. States are split into ever finer classes, one byte further in each round (Moore 1956); a class remembers out of which other one it came, and
/// in which round. Immutable.
/// </summary>
internal sealed class StateLikeness
{
    /// <summary>Bytes that are looked ahead; no token is longer.</summary>
    public const int Horizon = TokenTrie.MaxDepth;

    private const int None = -1;

    private readonly int[] _classOf;
    private readonly List<int> _parents = [];
    private readonly List<int> _rounds = [];

    private StateLikeness(Automaton automaton)
    {
        bool[] endsAtOnce = MayEndAtOnce(automaton);
        int count = automaton.StateCount;
        _classOf = new int[count];
        Dictionary<int[], int> first = new(IntSetComparer.Instance);
        for (int state = 0; state < count; state++)
        {
            // A call that may read nothing goes on at once: there, alike has to be the same.
            List<int> look = [automaton.Accepts(state) ? 1 : 0];
            foreach (CallEdge call in automaton.CallsOf(state))
            {
                if (endsAtOnce[call.Start])
                {
                    look.AddRange([call.Start, call.Return]);
                }
            }

            ref int found = ref CollectionsMarshal.GetValueRefOrAddDefault(first, [.. look], out bool exists);
            _classOf[state] = exists ? found : found = NewClass(None, 0);
        }

        Refine(automaton);
    }

    public static StateLikeness Of(Automaton automaton) => new(automaton);

    /// <summary>The finest class that a state is in.</summary>
    public int ClassOf(int state) => _classOf[state];

    /// <summary>The class out of which this one came, or a negative number.</summary>
    public int ParentOf(int likeClass) => _parents[likeClass];

    /// <summary>The round in which it came out of it: its states and those that stayed are alike for one byte less.</summary>
    public int RoundOf(int likeClass) => _rounds[likeClass];

    private int NewClass(int parent, int round)
    {
        _parents.Add(parent);
        _rounds.Add(round);
        return _parents.Count - 1;
    }

    private void Refine(Automaton automaton)
    {
        int[][] before = Predecessors(automaton);
        int[] sizes = new int[automaton.StateCount];
        foreach (int likeClass in _classOf)
        {
            sizes[likeClass]++;
        }

        // In the first round everything is looked at, later only what leads to a state whose class is new.
        int[] open = [.. Enumerable.Range(0, automaton.StateCount)];
        for (int round = 1; round <= Horizon && open.Length > 0; round++)
        {
            List<(List<int> Group, int From)> leaving = [];
            foreach (IGrouping<int, int> mates in open.GroupBy(state => _classOf[state]).ToArray())
            {
                List<List<int>> groups = BySuccessors(automaton, mates);

                // Those that are not looked at keep the class; if there are none, the largest group does.
                List<int>? staying = mates.Count() < sizes[mates.Key] ? null : groups.MaxBy(group => group.Count);
                leaving.AddRange(groups.Where(group => group != staying).Select(group => (group, mates.Key)));
            }

            foreach ((List<int> group, int from) in leaving)
            {
                int fresh = NewClass(from, round);
                sizes[from] -= group.Count;
                sizes[fresh] = group.Count;
                group.ForEach(state => _classOf[state] = fresh);
            }

            open = [.. leaving.SelectMany(entry => entry.Group).SelectMany(state => before[state]).Distinct()];
        }
    }

    private List<List<int>> BySuccessors(Automaton automaton, IEnumerable<int> states)
    {
        Dictionary<int[], List<int>> groups = new(IntSetComparer.Instance);
        foreach (int state in states)
        {
            ReadOnlySpan<CallEdge> calls = automaton.CallsOf(state);
            int classes = automaton.Classes.Count;
            int[] look = new int[classes + (2 * calls.Length)];
            for (int c = 0; c < classes; c++)
            {
                int next = automaton.Next(state, c);
                look[c] = next < 0 ? None : _classOf[next];
            }

            for (int i = 0; i < calls.Length; i++)
            {
                look[classes + (2 * i)] = calls[i].Start;
                look[classes + (2 * i) + 1] = _classOf[calls[i].Return];
            }

            (CollectionsMarshal.GetValueRefOrAddDefault(groups, look, out _) ??= []).Add(state);
        }

        return [.. groups.Values];
    }

    private static int[][] Predecessors(Automaton automaton)
    {
        var before = new List<int>[automaton.StateCount];
        for (int state = 0; state < before.Length; state++)
        {
            before[state] = [];
        }

        for (int state = 0; state < before.Length; state++)
        {
            for (int c = 0; c < automaton.Classes.Count; c++)
            {
                Add(automaton.Next(state, c), state);
            }

            foreach (CallEdge call in automaton.CallsOf(state))
            {
                Add(call.Return, state);
            }
        }

        return [.. before.Select(list => list.ToArray())];

        void Add(int to, int from)
        {
            if (to >= 0 && (before[to].Count == 0 || before[to][^1] != from))
            {
                before[to].Add(from);
            }
        }
    }

    /// <summary>States from which the rule may end without a byte.</summary>
    private static bool[] MayEndAtOnce(Automaton automaton)
    {
        bool[] ends = new bool[automaton.StateCount];
        for (bool found = true; found;)
        {
            found = false;
            for (int state = 0; state < ends.Length; state++)
            {
                if (!ends[state] && (automaton.Accepts(state) || CallsThrough(automaton.CallsOf(state))))
                {
                    ends[state] = found = true;
                }
            }
        }

        return ends;

        bool CallsThrough(ReadOnlySpan<CallEdge> calls)
        {
            foreach (CallEdge call in calls)
            {
                if (ends[call.Start] && ends[call.Return])
                {
                    return true;
                }
            }

            return false;
        }
    }
}
