// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>
/// A sequence cannot go on: the cache's pages are held by sequences that nobody is running. Dispose or truncate some, or load the model with a larger cache.
/// </summary>
public sealed class KvCacheFullException : Phi4Exception
{
    /// <summary>An error with the numbers behind it.</summary>
    /// <param name="tokenCount">Tokens of the sequence that could not go on.</param>
    /// <param name="freeTokens">Tokens that free pages could hold.</param>
    /// <param name="capacity">Tokens that all pages together hold.</param>
    public KvCacheFullException(int tokenCount, long freeTokens, long capacity)
        : base($"A sequence of {tokenCount} tokens cannot go on: of the KV cache's {capacity} tokens only {freeTokens} are free, and idle sequences hold the rest. "
            + "Dispose or truncate sequences that are no longer needed, or load the model with a larger cache.")
    {
        TokenCount = tokenCount;
        FreeTokens = freeTokens;
        Capacity = capacity;
    }

    /// <summary>Tokens of the sequence that could not go on.</summary>
    public int TokenCount { get; }

    /// <summary>Tokens that free pages could hold.</summary>
    public long FreeTokens { get; }

    /// <summary>Tokens that all pages together hold.</summary>
    public long Capacity { get; }
}
