// SPDX-License-Identifier: MIT
namespace Phi4.Core.Evaluation;

/// <summary>What was evaluated.</summary>
/// <param name="TextTokens">Tokens of the text.</param>
/// <param name="CountedTokens">Those that the result is over.</param>
/// <param name="ComputedTokens">Those that a model ran on; overlapping windows run on some twice.</param>
/// <param name="WindowCount">Windows.</param>
/// <param name="WindowTokens">Tokens of a window, of the longest if the text is shorter.</param>
/// <param name="Elapsed">Time from the first window to the last.</param>
public sealed record EvaluationExtent(int TextTokens, int CountedTokens, long ComputedTokens, int WindowCount, int WindowTokens, TimeSpan Elapsed)
{
    /// <summary>Tokens that a model ran on, a second.</summary>
    public double TokensPerSecond => ComputedTokens / Elapsed.TotalSeconds;
}
