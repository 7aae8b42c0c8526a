// SPDX-License-Identifier: MIT
namespace Phi4.Core.Evaluation;

/// <summary>How a long text is cut into windows that a model can see at once, and which tokens count. Immutable.</summary>
public sealed record EvaluationOptions
{
    /// <summary>Tokens of a window, at least 2; a text that is shorter is one window.</summary>
    public int WindowTokens { get; init; } = 512;

    /// <summary>From the beginning of a window to that of the next, 1 to <see cref="WindowTokens"/>; null for half a window. Only for <see cref="EvaluationMethod.Sliding"/>.</summary>
    public int? Stride { get; init; }

    /// <summary>Which tokens count.</summary>
    public EvaluationMethod Method { get; init; } = EvaluationMethod.Sliding;
}

/// <summary>Which tokens of a window count.</summary>
public enum EvaluationMethod
{
    /// <summary>
    /// Windows overlap, and each counts the tokens that no window before it held: every token of the text but the first counts once, behind at least
    /// window - stride others where the text has so many. The last window ends with the text. Where the stride is the whole window, the first token of each
    /// window does not count, as nothing precedes it.
    /// </summary>
    Sliding,

    /// <summary>
    /// llama-perplexity's: windows side by side, the second half of each counts but for its first token, N - N/2 - 1 of N; what is left of the text at its
    /// end does not.
    /// </summary>
    SecondHalf,
}
