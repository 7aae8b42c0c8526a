// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling.Constraints.Grammars;

/// <summary>A rule as an automaton that is in one state at a time; calls of rules count as symbols beside the bytes. State 0 is its start.</summary>
internal sealed class Dfa(ByteClasses classes)
{
    private readonly List<int[]> _next = [];
    private readonly List<IReadOnlyList<(int Rule, int To)>> _calls = [];
    private readonly List<bool> _accepts = [];

    public ByteClasses Classes => classes;

    public int StateCount => _next.Count;

    public IReadOnlyList<bool> Accepts => _accepts;

    public void Add(int[] next, IReadOnlyList<(int Rule, int To)> calls, bool accepts)
    {
        _next.Add(next);
        _calls.Add(calls);
        _accepts.Add(accepts);
    }

    /// <summary>By class of byte, the state that follows, or -1.</summary>
    public int[] NextOf(int state) => _next[state];

    public IReadOnlyList<(int Rule, int To)> CallsOf(int state) => _calls[state];

    /// <summary>Runs of bytes and the state that follows them.</summary>
    public IEnumerable<(byte Low, byte High, int To)> RangesOf(int state)
    {
        int begin = 0;
        for (int value = 1; value <= 256; value++)
        {
            int to = _next[state][classes.ClassOf[begin]];
            if (value < 256 && _next[state][classes.ClassOf[value]] == to)
            {
                continue;
            }

            if (to >= 0)
            {
                yield return ((byte)begin, (byte)(value - 1), to);
            }

            begin = value;
        }
    }
}
