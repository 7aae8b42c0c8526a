// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>The log-probabilities at one position of an answer.</summary>
/// <param name="Chosen">The token that was chosen. Where it is among <paramref name="Top"/> too, both numbers are the same bits.</param>
/// <param name="Top">The most probable tokens, most probable first, the lower id on ties; as many as <see cref="GenerationOptions.LogProbs"/> asked for.</param>
public sealed record TokenLogProbs(TokenLogProb Chosen, IReadOnlyList<TokenLogProb> Top);
