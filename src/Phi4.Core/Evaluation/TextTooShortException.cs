// SPDX-License-Identifier: MIT
namespace Phi4.Core.Evaluation;

/// <summary>A text has too few tokens to evaluate a model on it.</summary>
public sealed class TextTooShortException : Phi4Exception
{
    /// <param name="tokenCount">Tokens of the text.</param>
    /// <param name="neededTokens">Tokens that it would need.</param>
    public TextTooShortException(int tokenCount, int neededTokens)
        : base(FormattableString.Invariant($"The text has {tokenCount} tokens; at least {neededTokens} are needed."))
    {
        TokenCount = tokenCount;
        NeededTokens = neededTokens;
    }

    /// <summary>Tokens of the text.</summary>
    public int TokenCount { get; }

    /// <summary>Tokens that it would need.</summary>
    public int NeededTokens { get; }
}
