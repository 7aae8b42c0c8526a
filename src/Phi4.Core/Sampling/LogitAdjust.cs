// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling;

/// <summary>Turns the model's logits into those that a request chooses from: bias, masks, penalties, in this order. A masked logit is negative infinity.</summary>
internal static class LogitAdjust
{
    /// <summary>Writes the adjusted row.  destination, logits [V].</summary>
    public static void Apply(Span<float> destination, ReadOnlySpan<float> logits, SamplerState state, int position)
    {
        if (state.Constraint is { } constraint)
            constraint.Copy(destination, logits);
        else
            AllowAndCopy(destination, logits, state.Allowed);
        foreach (var (id, bias) in state.Bias)
            destination[id] += bias;
        Mask(destination, state.Banned);
        if (state.HoldsBackEnd(position))
            Mask(destination, state.EndingIds);
        Penalise(destination, state);
    }

    private static void AllowAndCopy(Span<float> destination, ReadOnlySpan<float> logits, int[]? allowed)
    {
        if (allowed is null)
        {
            logits.CopyTo(destination);
            return;
        }

        destination.Fill(float.NegativeInfinity);
        foreach (var id in allowed)
            destination[id] = logits[id];
    }

    private static void Mask(Span<float> destination, int[] ids)
    {
        foreach (var id in ids)
            destination[id] = float.NegativeInfinity;
    }

    // Repetition first, then the subtractions, as vLLM has it: a subtraction must not change which branch of the repetition penalty a logit takes.
    private static void Penalise(Span<float> destination, SamplerState state)
    {
        foreach (var id in state.SeenIds)
        {
            var logit = destination[id];
            logit = logit > 0 ? logit / state.RepetitionPenalty : logit * state.RepetitionPenalty;
            var count = state.GeneratedCount(id);
            destination[id] = count > 0 ? logit - count * state.FrequencyPenalty - state.PresencePenalty : logit;
        }
    }
}
