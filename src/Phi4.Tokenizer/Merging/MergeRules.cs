// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Merging;

/// <summary>What byte-pair merging needs: the token of each byte, the rank of each pair, the token that each rank makes.</summary>
internal sealed class MergeRules
{
    private const int ByteCount = 256;

    private readonly int[] _bytePairRanks = new int[ByteCount * ByteCount];

    /// <param name="byteIds">The token of each byte value.</param>
    /// <param name="pairs">Ranks of pairs; lower merges first.</param>
    /// <param name="mergedIds">By rank.</param>
    public MergeRules(int[] byteIds, PairTable pairs, int[] mergedIds)
    {
        ByteIds = byteIds;
        Pairs = pairs;
        MergedIds = mergedIds;
        for (int i = 0; i < _bytePairRanks.Length; i++)
        {
            _bytePairRanks[i] = pairs.Rank(byteIds[i / ByteCount], byteIds[i % ByteCount]);
        }
    }

    public int[] ByteIds { get; }

    public PairTable Pairs { get; }

    public int[] MergedIds { get; }

    /// <summary>The rank of two single bytes.</summary>
    public int ByteRank(byte left, byte right) => _bytePairRanks[(left * ByteCount) + right];
}
