// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>A piece of an answer, as it comes.</summary>
public sealed record GenerationChunk
{
    /// <summary>
    /// Text that became certain: empty while a character is incomplete or a stop string may be beginning. The texts of all chunks are the answer.
    /// </summary>
    public required string Text { get; init; }

    /// <summary>Tokens generated since the chunk before, an end token included.</summary>
    public required IReadOnlyList<int> TokenIds { get; init; }

    /// <summary>One entry for each of <see cref="TokenIds"/>, or null if <see cref="GenerationOptions.LogProbs"/> did not ask.</summary>
    public IReadOnlyList<TokenLogProbs>? LogProbs { get; init; }

    /// <summary>Why the answer ended; null for every chunk but the last.</summary>
    public FinishReason? FinishReason { get; init; }

    /// <summary>What the answer cost; null for every chunk but the last.</summary>
    public GenerationUsage? Usage { get; init; }
}

/// <summary>What an answer cost.</summary>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="GeneratedTokens">Tokens generated, an end token included.</param>
/// <param name="Seed">Seed that the draws used: with it, the same options and prompt give the same answer.</param>
/// <param name="QueueTime">From the request to its first step.</param>
/// <param name="PromptTime">From the first step to the first generated token.</param>
/// <param name="GenerationTime">From the first generated token to the last.</param>
public sealed record GenerationUsage(
    int PromptTokens, int GeneratedTokens, long Seed, TimeSpan QueueTime, TimeSpan PromptTime, TimeSpan GenerationTime)
{
    /// <summary>Generated tokens that a <see cref="Constraint"/> determined, so that the model was not asked for them: what follows them computed them along.</summary>
    public int ForcedTokens { get; init; }

    /// <summary>Prompt tokens whose keys and values were in the cache already, so that they were not computed: see <see cref="GenerationOptions.PromptCache"/>.</summary>
    public int CachedTokens { get; init; }

    /// <summary>Prompt tokens computed a second, or 0 if no time was measured.</summary>
    public double PromptTokensPerSecond => Rate(PromptTokens - CachedTokens, PromptTime);

    /// <summary>Tokens after the first, a second, or 0 if there is only one.</summary>
    public double GeneratedTokensPerSecond => Rate(GeneratedTokens - 1, GenerationTime);

    private static double Rate(int count, TimeSpan time) => count > 0 && time > TimeSpan.Zero ? count / time.TotalSeconds : 0;
}

/// <summary>A whole answer.</summary>
/// <param name="Text">The answer, without the text of end tokens, special tokens and stop strings.</param>
/// <param name="TokenIds">Every generated token, an end token included.</param>
/// <param name="LogProbs">One entry a token, or null if <see cref="GenerationOptions.LogProbs"/> did not ask.</param>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="Usage">What it cost.</param>
public sealed record GenerationResult(
    string Text, IReadOnlyList<int> TokenIds, IReadOnlyList<TokenLogProbs>? LogProbs, FinishReason FinishReason, GenerationUsage Usage);
