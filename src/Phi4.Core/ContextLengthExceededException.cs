// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>A sequence is longer than the context that the model was loaded with.</summary>
public sealed class ContextLengthExceededException : Phi4Exception
{
    /// <summary>An error with the numbers behind it.</summary>
    /// <param name="tokenCount">Tokens that were asked for.</param>
    /// <param name="contextLength">Tokens that fit.</param>
    public ContextLengthExceededException(int tokenCount, int contextLength)
        : base($"{tokenCount} tokens do not fit a context of {contextLength}. Shorten the prompt, or load the model with a longer context.")
    {
        TokenCount = tokenCount;
        ContextLength = contextLength;
    }

    /// <summary>Tokens that were asked for.</summary>
    public int TokenCount { get; }

    /// <summary>Tokens that fit.</summary>
    public int ContextLength { get; }
}
