// SPDX-License-Identifier: MIT
namespace Phi4.Core.Evaluation;

/// <summary>How far a model's distributions are from a base model's on the same text. All logarithms are natural, all sums float64.</summary>
public sealed record DivergenceResult
{
    /// <summary>What was evaluated; both models ran on each window.</summary>
    public required EvaluationExtent Extent { get; init; }

    /// <summary>Mean over counted tokens of the sum of p (ln p - ln q) over the vocabulary, p the base model's probabilities and q the model's.</summary>
    public required Estimate KlDivergence { get; init; }

    /// <summary>The least divergence that half of the tokens do not pass.</summary>
    public required double KlMedian { get; init; }

    /// <summary>The least divergence that 90 % of the tokens do not pass.</summary>
    public required double Kl90 { get; init; }

    /// <summary>The least divergence that 99 % of the tokens do not pass.</summary>
    public required double Kl99 { get; init; }

    /// <summary>The largest divergence.</summary>
    public required double KlMax { get; init; }

    /// <summary>Share of tokens at which both find the same token most probable, the lower id on ties.</summary>
    public required Estimate Top1Agreement { get; init; }

    /// <summary>Mean of |ln q - ln p| of the text's own token.</summary>
    public required Estimate LogProbDifference { get; init; }

    /// <summary>The largest |ln q - ln p| of the text's own token.</summary>
    public required double LogProbDifferenceMax { get; init; }

    /// <summary>The base model's perplexity.</summary>
    public required Estimate BasePerplexity { get; init; }

    /// <summary>The model's perplexity.</summary>
    public required Estimate Perplexity { get; init; }

    /// <summary>The model's perplexity over the base model's, its error that of differences token by token.</summary>
    public required Estimate PerplexityRatio { get; init; }
}
