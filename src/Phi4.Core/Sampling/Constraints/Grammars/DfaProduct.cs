// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling.Constraints.Grammars;

/// <summary>Two automata without calls, run side by side.</summary>
internal static class DfaProduct
{
    private const int Dead = -1;

    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <param name="accepts">Whether to accept, from whether each does. Never without the left.</param>
    public static Dfa Of(Dfa left, Dfa right, Func<bool, bool, bool> accepts)
    {
        ByteClasses classes = ByteClasses.Common(left.Classes, right.Classes);
        byte[] first = new byte[classes.Count]; // a byte of each class
        for (int value = 255; value >= 0; value--)
        {
            first[classes.ClassOf[value]] = (byte)value;
        }

        var product = new Dfa(classes);
        List<(int Left, int Right)> pairs = [(0, 0)];
        Dictionary<(int, int), int> states = new() { [(0, 0)] = 0 };
        for (int state = 0; state < pairs.Count; state++)
        {
            (int l, int r) = pairs[state];
            int[] next = new int[classes.Count];
            for (int c = 0; c < next.Length; c++)
            {
                (int, int) pair = (left.NextOf(l)[left.Classes.ClassOf[first[c]]], r == Dead ? Dead : right.NextOf(r)[right.Classes.ClassOf[first[c]]]);
                if (pair.Item1 == Dead)
                {
                    next[c] = Dead;
                }
                else if (!states.TryGetValue(pair, out next[c]))
                {
                    next[c] = pairs.Count;
                    states.Add(pair, pairs.Count);
                    pairs.Add(pair);
                }
            }

            product.Add(next, [], accepts(left.Accepts[l], r != Dead && right.Accepts[r]));
        }

        return product;
    }
}
