// SPDX-License-Identifier: MIT
namespace Phi4.Core.Evaluation;

/// <summary>How well a model foretells a text.</summary>
/// <param name="Extent">What was evaluated.</param>
/// <param name="NegativeLogProb">Mean of -ln p of the counted tokens.</param>
public sealed record PerplexityResult(EvaluationExtent Extent, Estimate NegativeLogProb)
{
    /// <summary>e to the power of <see cref="NegativeLogProb"/>: the number of equally likely tokens that would be as hard to choose from.</summary>
    public Estimate Perplexity => NegativeLogProb.Exp();
}
