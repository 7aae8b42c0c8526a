// SPDX-License-Identifier: MIT
using Phi4.Core.Sampling;

namespace Phi4.Core.Tests.Sampling;

public sealed class LogitAdjustTests
{
    private const float NegInf = float.NegativeInfinity;

    [Test]
    public void Apply_RepetitionPenalty_DividesPositiveMultipliesNegativeOfPromptAndAnswerOnce()
        => Assert.That(
            Adjusted([4, -4, 4, -4, 0], new() { RepetitionPenalty = 2 }, prompt: [0, 0, 0, 1], answer: [3, 3, 0]),
            Is.EqualTo(new float[] { 2, -8, 4, -8, 0 }));

    [Test]
    public void Apply_FrequencyAndPresence_CountTheAnswerOnly()
        => Assert.That(
            Adjusted([1, 1, 1, 1], new() { FrequencyPenalty = 0.25f, PresencePenalty = 0.5f }, prompt: [0, 0, 1], answer: [1, 2, 2, 2]),
            Is.EqualTo(new[] { 1, 1 - 0.25f - 0.5f, 1 - 3 * 0.25f - 0.5f, 1 }));

    [Test]
    public void Apply_AllPenalties_RepetitionComesFirst()
        => Assert.That(
            Adjusted([1], new() { RepetitionPenalty = 2, FrequencyPenalty = 1, PresencePenalty = 1 }, prompt: [], answer: [0]),
            Is.EqualTo(new[] { 0.5f - 1 - 1 }));

    [Test]
    public void Apply_NegativePenalties_Encourage()
        => Assert.That(Adjusted([1, 1], new() { FrequencyPenalty = -1, PresencePenalty = -2 }, [], [1]), Is.EqualTo(new float[] { 1, 4 }));

    [Test]
    public void Apply_BiasThenPenalty_PenaltySeesTheBiasedLogit()
        => Assert.That(
            Adjusted([-1], new() { LogitBias = new Dictionary<int, float> { [0] = 5 }, RepetitionPenalty = 2 }, [0], []),
            Is.EqualTo(new float[] { 2 }));

    [Test]
    public void Apply_AllowedAndBanned_BannedWinsAndBiasDoesNotRescue()
        => Assert.That(
            Adjusted([1, 2, 3, 4], new() { AllowedTokens = [1, 3], BannedTokens = [3], LogitBias = new Dictionary<int, float> { [3] = 99, [0] = 99 } }, [], []),
            Is.EqualTo(new[] { NegInf, 2, NegInf, NegInf }));

    [Test]
    public void Apply_PenalisedMaskedToken_StaysMasked()
        => Assert.That(Adjusted([1, 2], new() { BannedTokens = [1], RepetitionPenalty = 2, PresencePenalty = -9 }, [1], [1]), Is.EqualTo(new[] { 1, NegInf }));

    [TestCase(0, true)]
    [TestCase(2, true)]
    [TestCase(3, false)]
    public void Apply_MinTokens_HoldsBackEndingIdsUntilThen(int position, bool heldBack)
    {
        float[] logits = [1, 2, 3];
        var state = new SamplerState(new GenerationOptions { MinTokens = 3 }.Resolve(), 3, [], [2, 77, -1]);
        Assert.That(state.Adjusts(position), Is.EqualTo(heldBack));
        Assert.That(Sampler.Sample(logits, state, position, new SamplerScratch(3)), Is.EqualTo(heldBack ? 1 : 2));
    }

    [Test]
    public void Adjusts_NothingAsked_IsFalse()
        => Assert.That(new SamplerState(new GenerationOptions().Resolve(), 3, [0, 1, 2], [2]).Adjusts(0), Is.False);

    private static float[] Adjusted(float[] logits, GenerationOptions options, int[] prompt, int[] answer)
    {
        var state = new SamplerState(options.Resolve(), logits.Length, prompt, []);
        foreach (var id in answer)
            state.Accept(id);
        var adjusted = new float[logits.Length];
        LogitAdjust.Apply(adjusted, logits, state, answer.Length);
        return adjusted;
    }
}
