// SPDX-License-Identifier: MIT
using CsCheck;
using Phi4.Core.Sampling;

namespace Phi4.Core.Tests.Sampling;

/// <summary>What is drawn from, against the definitions; and that drawing follows it.</summary>
public sealed class SamplerDistributionTests
{
    // In steps of 2^-10: what differs at all differs by more than float32's rounding.
    private static readonly Gen<float> GenFine = Gen.Int[-12 * 1024, 12 * 1024].Select(i => i / 1024f);

    private static readonly Gen<float> GenLogit = Gen.Frequency(
        (6, GenFine),
        (3, Gen.Int[-6, 6].Select(i => i * 0.5f)),
        (1, Pick(float.NegativeInfinity, float.NaN, -1e30f, 0f, -0f)));

    // The first logit is finite: something can always be chosen.
    private static readonly Gen<float[]> GenLogits = Gen.Select(GenFine, GenLogit.Array[0, 300], (first, rest) => (float[])[first, .. rest]);

    private static readonly Gen<GenerationOptions> GenOptions = Gen.Select(
        Gen.OneOf(Gen.Float[0.2f, 3f], Gen.Const(1f)),
        Gen.Frequency((1, Gen.Const(0)), (1, Gen.Int[1, 320])),
        Gen.Frequency((1, Gen.Const(1f)), (1, Gen.Float[0.01f, 0.999f])),
        Gen.Frequency((1, Gen.Const(1f)), (1, Gen.Float[0.01f, 0.999f])),
        Gen.Frequency((1, Gen.Const(0f)), (1, Gen.Float[0.001f, 0.9f])),
        (temperature, topK, topP, typicalP, minP) =>
            new GenerationOptions { Temperature = temperature, TopK = topK, TopP = topP, TypicalP = typicalP, MinP = minP, Seed = 7, RepetitionPenalty = 1 }.Resolve());

    [Test]
    public void Sample_AnyLogitsAnyFilters_DrawsFromTheDefinedDistribution()
    {
        var (compared, doubtful) = (0, 0);
        Gen.Select(GenLogits, GenOptions).Sample(
            (logits, options) =>
            {
                var naive = new NaiveSampler(options);
                var expected = naive.Distribution([.. logits.Select(x => float.IsNaN(x) ? double.NegativeInfinity : (double)x)]);
                if (naive.Doubtful)
                {
                    Interlocked.Increment(ref doubtful);
                    return;
                }

                Interlocked.Increment(ref compared);
                var (token, found) = Distribution(logits, options);
                for (var id = 0; id < logits.Length; id++)
                {
                    if (expected[id] > 1e-30 || found[id] > 1e-30)
                        Assert.That(found[id], Is.EqualTo(expected[id]).Within(3e-5 * expected[id]), $"token {id} of [{string.Join(", ", logits)}], {options}");
                }

                Assert.That(expected[token], Is.GreaterThan(0));
            },
            iter: 5_000);
        Assert.That(compared, Is.GreaterThan(4 * doubtful), $"{compared} compared, {doubtful} too close to call");
    }

    [TestCase(1f, 0, 1f, 1f, 0f)]
    [TestCase(0.5f, 0, 1f, 1f, 0f)]
    [TestCase(1.5f, 12, 1f, 1f, 0f)]
    [TestCase(1f, 0, 0.7f, 1f, 0f)]
    [TestCase(1f, 0, 1f, 0.6f, 0f)]
    [TestCase(1f, 0, 1f, 1f, 0.2f)]
    [TestCase(1.3f, 30, 0.9f, 0.9f, 0.05f)]
    public void Sample_ManyPositions_FrequenciesFollowTheDistribution(float temperature, int topK, float topP, float typicalP, float minP)
    {
        var options = new GenerationOptions
        {
            Temperature = temperature,
            TopK = topK,
            TopP = topP,
            TypicalP = typicalP,
            MinP = minP,
            Seed = 20261123,
            RepetitionPenalty = 1,
        }.Resolve();
        // 2,500 tokens: the draw crosses blocks of 1,024.
        var random = new Random(5);
        var logits = Enumerable.Range(0, 2_500).Select(i => i % 50 == 0 ? (float)(random.NextDouble() * 6) : -4f).ToArray();
        var expected = new NaiveSampler(options).Distribution([.. logits.Select(x => (double)x)]);
        var state = new SamplerState(options, logits.Length, [], []);
        var scratch = new SamplerScratch(logits.Length);
        var counts = new int[logits.Length];
        for (var position = 0; position < 20_000; position++)
            counts[Sampler.Sample(logits, state, position, scratch)]++;
        Statistics.AssertFits(counts, expected);
    }

    [Test]
    public void Draw_EndsOfTheInterval_GiveFirstAndLastWeightedToken()
    {
        var candidates = new Candidates(3_000);
        var logits = new float[3_000];
        Array.Fill(logits, float.NegativeInfinity);
        logits[3] = 0;
        logits[1_500] = 1;
        candidates.TakeAll(logits);
        candidates.Weigh(1, 1);
        Assert.Multiple(() =>
        {
            Assert.That(candidates.Draw(0), Is.EqualTo(3));
            Assert.That(candidates.Draw(1 - 1.0 / (1L << 53)), Is.EqualTo(1_500));
            Assert.That(candidates.Draw(1), Is.EqualTo(1_500));
        });
    }

    private static (int Token, double[] Found) Distribution(float[] logits, GenerationOptions options)
    {
        var scratch = new SamplerScratch(logits.Length);
        var token = Sampler.Sample(logits, new SamplerState(options, logits.Length, [], []), 3, scratch);
        var found = new double[logits.Length];
        var total = scratch.Candidates.Weights.ToArray().Sum(w => (double)w);
        for (var i = 0; i < scratch.Candidates.Count; i++)
            found[scratch.Candidates.Ids[i]] = scratch.Candidates.Weights[i] / total;
        return (token, found);
    }

    private static Gen<float> Pick(params float[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
