// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>What the model thinks of a given text: the log-probability of each token after those before it.</summary>
public sealed record TokenScores
{
    /// <summary>The tokens.</summary>
    public required IReadOnlyList<int> TokenIds { get; init; }

    /// <summary>Natural log-probability of each token; null for the first, which nothing precedes.</summary>
    public required IReadOnlyList<float?> LogProbs { get; init; }

    /// <summary>The most probable token at each place and its log-probability, the lower id on ties; null for the first.</summary>
    public required IReadOnlyList<TokenLogProb?> Top { get; init; }

    /// <summary>[V]: logits after the last token, or null if they were not asked for.</summary>
    public ReadOnlyMemory<float>? LastLogits { get; init; }

    /// <summary>Mean over all tokens but the first; exp of its negative is the perplexity. NaN for a single token.</summary>
    public double MeanLogProb => TokenIds.Count < 2 ? double.NaN : LogProbs.Skip(1).Average(value => (double)value!.Value);
}
