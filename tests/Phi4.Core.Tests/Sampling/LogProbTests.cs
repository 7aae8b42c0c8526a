// SPDX-License-Identifier: MIT
using CsCheck;
using Phi4.Core.Sampling;

namespace Phi4.Core.Tests.Sampling;

public sealed class LogProbTests
{
    [Test]
    public void Of_AnyLogits_MatchesTheDefinition() => Gen.Float[-80, 80].Array[1, 200].Sample(logits =>
    {
        var max = (double)logits.Max();
        var logSum = max + Math.Log(logits.Sum(x => Math.Exp(x - max)));
        for (var id = 0; id < logits.Length; id++)
            Assert.That(LogSoftmax.Of(logits, id), Is.EqualTo((float)(logits[id] - logSum)).Within(2e-7f * Math.Max(1, Math.Abs(logits[id] - logSum))));
    });

    [Test]
    public void Of_OddValues_StayProbabilities()
    {
        float[] infinite = [float.PositiveInfinity, 3, float.PositiveInfinity, float.NaN];
        float[] plain = [1, float.NaN, float.NegativeInfinity, 1];
        Assert.Multiple(() =>
        {
            Assert.That(LogSoftmax.Of(infinite, 0), Is.EqualTo(-MathF.Log(2)));
            Assert.That(LogSoftmax.Of(infinite, 1), Is.EqualTo(float.NegativeInfinity));
            Assert.That(LogSoftmax.Of(infinite, 3), Is.EqualTo(float.NegativeInfinity));
            Assert.That(LogSoftmax.Of(plain, 0), Is.EqualTo(-MathF.Log(2)));
            Assert.That(LogSoftmax.Of(plain, 1), Is.EqualTo(float.NegativeInfinity));
            Assert.That(LogSoftmax.Of(plain, 2), Is.EqualTo(float.NegativeInfinity));
            Assert.That(LogSoftmax.Of([5], 0), Is.Zero);
            Assert.Throws<InvalidLogitsException>(() => LogSoftmax.Of([float.NaN], 0));
        });
    }

    [Test]
    public void Report_AnyLogits_TopIsOrderedAndSharesBitsWithChosen() => Gen.Select(Gen.Int[-9, 9].Select(i => i / 3f).Array[1, 90], Gen.Int[0, 20]).Sample(
        (logits, count) =>
        {
            var chosen = logits.Length / 2;
            var report = LogProbReport.Of(logits, chosen, count, new SamplerScratch(logits.Length));
            var ids = Enumerable.Range(0, logits.Length).OrderByDescending(id => logits[id]).ThenBy(id => id).Take(count);
            Assert.That(report.Top.Select(t => t.Id), Is.EqualTo(ids));
            Assert.That(report.Chosen, Is.EqualTo(new TokenLogProb(chosen, LogSoftmax.Of(logits, chosen))));
            Assert.That(report.Top, Is.All.Matches<TokenLogProb>(t => t.LogProb == LogSoftmax.Of(logits, t.Id)));
        });

    [Test]
    public void Sample_WithReport_TellsTheModelsOwnProbabilities()
    {
        float[] logits = [1, 2, 3];
        var options = new GenerationOptions { LogProbs = 2, BannedTokens = [2], LogitBias = new Dictionary<int, float> { [0] = 50 }, RepetitionPenalty = 3 };
        var state = new SamplerState(options.Resolve(), 3, [0, 1], []);
        var scratch = new SamplerScratch(3);
        var token = Sampler.Sample(logits, state, 0, scratch);
        var report = Sampler.Report(logits, token, state, scratch);
        Assert.Multiple(() =>
        {
            Assert.That(token, Is.Zero);
            Assert.That(report!.Chosen, Is.EqualTo(new TokenLogProb(0, LogSoftmax.Of(logits, 0))));
            Assert.That(report.Top.Select(t => t.Id), Is.EqualTo(new[] { 2, 1 }));
        });
    }

    [Test]
    public void Sample_NoReportAsked_GivesNone()
    {
        var state = new SamplerState(new GenerationOptions().Resolve(), 2, [], []);
        Assert.That(Sampler.Report([1, 2], 1, state, new SamplerScratch(2)), Is.Null);
    }
}
