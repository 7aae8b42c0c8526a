// SPDX-License-Identifier: MIT
using Phi4.Tokenizer.Merging;

namespace Phi4.Tokenizer.Tests.Merging;

/// <summary>Byte-pair merging as its definition says: look at every pair, merge the first of the lowest rank, begin again.</summary>
internal static class NaiveMerger
{
    public static int[] Merge(MergeRules rules, ReadOnlySpan<byte> piece)
    {
        List<int> parts = [];
        foreach (byte value in piece)
        {
            parts.Add(rules.ByteIds[value]);
        }

        while (true)
        {
            int lowest = PairTable.NoMerge, at = -1;
            for (int i = 0; i + 1 < parts.Count; i++)
            {
                int rank = rules.Pairs.Rank(parts[i], parts[i + 1]);
                if (rank < lowest)
                {
                    lowest = rank;
                    at = i;
                }
            }

            if (at < 0)
            {
                return [.. parts];
            }

            parts[at] = rules.MergedIds[lowest];
            parts.RemoveAt(at + 1);
        }
    }
}
