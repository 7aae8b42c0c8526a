// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling.Constraints.Grammars;

/// <summary>Runs of neighbouring bytes that no edge tells apart.</summary>
internal sealed class ByteClasses
{
    private readonly byte[] _classOf = new byte[256];

    private ByteClasses(bool[] begins)
    {
        int current = 0;
        for (int value = 1; value < 256; value++)
        {
            current += begins[value] ? 1 : 0;
            _classOf[value] = (byte)current;
        }

        Count = current + 1;
    }

    public int Count { get; }

    /// <summary>The class of each byte; rises with the byte.</summary>
    public ReadOnlySpan<byte> ClassOf => _classOf;

    public static ByteClasses Of(params IReadOnlyList<Nfa> automata)
    {
        bool[] begins = new bool[257];
        foreach (Nfa nfa in automata)
        {
            for (int state = 0; state < nfa.StateCount; state++)
            {
                foreach (NfaEdge edge in nfa.EdgesOf(state))
                {
                    if (edge.Kind == NfaEdgeKind.Bytes)
                    {
                        begins[edge.Low] = true;
                        begins[edge.High + 1] = true;
                    }
                }
            }
        }

        return new ByteClasses(begins);
    }

    /// <summary>Classes that tell apart what either tells apart.</summary>
    public static ByteClasses Common(ByteClasses left, ByteClasses right)
    {
        bool[] begins = new bool[257];
        for (int value = 1; value < 256; value++)
        {
            begins[value] = left._classOf[value] != left._classOf[value - 1] || right._classOf[value] != right._classOf[value - 1];
        }

        return new ByteClasses(begins);
    }
}
