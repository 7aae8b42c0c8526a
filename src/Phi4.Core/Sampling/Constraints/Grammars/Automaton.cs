// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling.Constraints.Grammars;

/// <summary>
/// A whole grammar as one table: the states of all its rules, edges over bytes, and edges that call a rule and go on where it ends. From every state an end can be reached, and
/// no rule can call itself before it has read a byte. Immutable.
/// </summary>
internal sealed class Automaton
{
    private readonly int[] _next;
    private readonly CallEdge[][] _calls;
    private readonly bool[] _accepts;
    private readonly bool[] _readsBytes;

    /// <param name="classes">Of bytes.</param>
    /// <param name="next">[state, class] the state that follows, or -1.</param>
    /// <param name="calls">Of each state.</param>
    /// <param name="accepts">Whether a rule may end there.</param>
    /// <param name="start">The first rule's start.</param>
    public Automaton(ByteClasses classes, int[] next, CallEdge[][] calls, bool[] accepts, int start)
    {
        Classes = classes;
        _next = next;
        _calls = calls;
        _accepts = accepts;
        Start = start;
        _readsBytes = new bool[accepts.Length];
        for (int state = 0; state < accepts.Length; state++)
        {
            _readsBytes[state] = next.AsSpan(state * classes.Count, classes.Count).ContainsAnyExcept(-1);
        }
    }

    public ByteClasses Classes { get; }

    public int Start { get; }

    public int StateCount => _accepts.Length;

    public int Next(int state, int byteClass) => _next[(state * Classes.Count) + byteClass];

    public ReadOnlySpan<CallEdge> CallsOf(int state) => _calls[state];

    public bool Accepts(int state) => _accepts[state];

    public bool ReadsBytes(int state) => _readsBytes[state];

    /// <summary>Nothing can follow but the rule's end: who returns there may as well return to the caller.</summary>
    public bool IsLast(int state) => _accepts[state] && !_readsBytes[state] && _calls[state].Length == 0;
}

/// <summary>A call.</summary>
/// <param name="Start">The called rule's first state.</param>
/// <param name="Return">Where to go on when it has ended.</param>
internal readonly record struct CallEdge(int Start, int Return);
