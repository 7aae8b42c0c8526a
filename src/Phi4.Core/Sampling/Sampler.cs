// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace Phi4.Core.Sampling;

/// <summary>
/// Chooses the next token of one request. A pure function of logits, options, tokens seen, seed and position.
/// Order: logit bias; masks; repetition penalty; presence and frequency penalty; temperature 0: the largest; else temperature, top-k, typical,
/// top-p, min-p, draw.
/// </summary>
/// <remarks>
/// Why this order. Bias and masks come first, as in vLLM and llama.cpp, so that penalties see what they act on. Temperature comes before the
/// filters, as in Hugging Face, vLLM and OpenAI's description of top-p (llama.cpp puts it last): top-p then speaks of the distribution drawn from.
/// Among the filters it is llama.cpp's: top-k, typical, top-p, min-p, each on the renormalised rest (Hugging Face does the same with typical
/// last). Top-k does not depend on temperature, so it runs on the logits, before anything is exponentiated.
/// </remarks>
internal static class Sampler
{
    /// <summary>The token at this position of the answer. Allocates nothing.</summary>
    /// <param name="logits">The model's, [V]; left as they are.</param>
    /// <param name="state">The request; not changed: call <see cref="SamplerState.Accept"/> when the token becomes part of the answer.</param>
    /// <param name="position">Tokens in the answer before this one.</param>
    /// <param name="scratch">For this vocabulary.</param>
    /// <exception cref="InvalidLogitsException">Every logit is NaN or negative infinity.</exception>
    public static int Sample(ReadOnlySpan<float> logits, SamplerState state, int position, SamplerScratch scratch)
    {
        Debug.Assert(logits.Length == state.VocabSize && logits.Length == scratch.Adjusted.Length, "one vocabulary");
        if (state.Adjusts(position))
        {
            LogitAdjust.Apply(scratch.Adjusted, logits, state, position);
            logits = scratch.Adjusted;
        }

        return state.Temperature == 0 ? LogitScan.Argmax(logits) : Draw(logits, state, position, scratch.Candidates);
    }

    /// <summary>The report on a token that the request asked for, or null.</summary>
    public static TokenLogProbs? Report(ReadOnlySpan<float> logits, int token, SamplerState state, SamplerScratch scratch)
        => state.LogProbCount is { } topCount ? LogProbReport.Of(logits, token, topCount, scratch) : null;

    private static int Draw(ReadOnlySpan<float> logits, SamplerState state, int position, Candidates candidates)
    {
        var largest = LogitScan.RequireMax(logits);
        if (state.TopK > 0 && state.TopK < logits.Length)
            candidates.TakeTop(logits, state.TopK);
        else
            candidates.TakeAll(logits);
        candidates.Weigh(largest, state.Temperature);
        if (state.TypicalP < 1)
            candidates.KeepTypical(state.TypicalP);
        if (state.TopP < 1)
            candidates.KeepTopP(state.TopP);
        if (state.MinP > 0)
            candidates.KeepMinP(state.MinP);
        return candidates.Draw(Philox4x32.Uniform(state.Seed, position));
    }
}
