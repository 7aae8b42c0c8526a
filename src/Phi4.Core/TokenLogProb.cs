// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>A token and its natural log-probability in the model's own distribution (log-softmax of the unmodified logits).</summary>
/// <param name="Id">Token id.</param>
/// <param name="LogProb">At most 0; negative infinity for a token that the model gives no chance.</param>
public readonly record struct TokenLogProb(int Id, float LogProb);
