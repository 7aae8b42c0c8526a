// SPDX-License-Identifier: MIT
namespace Phi4.Core.Generation;

/// <summary>The door check of every list of ids.</summary>
internal static class TokenRange
{
    public static void ThrowIfOutside(ReadOnlySpan<int> tokenIds, int vocabSize)
    {
        for (int i = 0; i < tokenIds.Length; i++)
        {
            if ((uint)tokenIds[i] >= (uint)vocabSize)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(tokenIds), tokenIds[i], $"Token id {tokenIds[i]} at index {i} is outside the vocabulary of {vocabSize}.");
            }
        }
    }
}
