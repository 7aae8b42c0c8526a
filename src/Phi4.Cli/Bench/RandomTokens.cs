// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Bench;

/// <summary>Prompts without meaning: speed does not depend on it.</summary>
internal static class RandomTokens
{
    /// <summary>The same tokens for the same seed, so that repetitions do the same work.</summary>
    public static int[] Make(int count, int vocabSize, int seed)
    {
        var random = new Random(seed);
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++)
        {
            tokens[i] = random.Next(vocabSize);
        }

        return tokens;
    }
}
