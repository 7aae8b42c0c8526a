// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling;

/// <summary>Log-probabilities of a chosen token and of the most probable ones, from the model's unmodified logits.</summary>
internal static class LogProbReport
{
    /// <summary>Top is ordered: most probable first, the lower id on ties; shorter than asked for when fewer logits are above negative infinity.</summary>
    /// <exception cref="InvalidLogitsException">Nothing but NaN and negative infinity.</exception>
    public static TokenLogProbs Of(ReadOnlySpan<float> logits, int chosen, int topCount, SamplerScratch scratch)
    {
        var row = LogSoftmax.Normalise(logits);
        return new TokenLogProbs(new TokenLogProb(chosen, LogSoftmax.Of(logits[chosen], row)), Top(logits, topCount, row, scratch));
    }

    private static TokenLogProb[] Top(ReadOnlySpan<float> logits, int count, in LogSoftmax.Normaliser row, SamplerScratch scratch)
    {
        if (count == 0)
            return [];
        var ids = scratch.Select.Select(logits, [], count);
        var top = new TokenLogProb[ids.Length];
        for (var i = 0; i < ids.Length; i++)
        {
            // Insertion: ids come in ascending order, so equal logits keep it.
            var place = i;
            for (; place > 0 && logits[top[place - 1].Id] < logits[ids[i]]; place--)
                top[place] = top[place - 1];
            top[place] = new TokenLogProb(ids[i], LogSoftmax.Of(logits[ids[i]], row));
        }

        return top;
    }
}
