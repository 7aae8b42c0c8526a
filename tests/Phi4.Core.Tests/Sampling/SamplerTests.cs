// SPDX-License-Identifier: MIT
using CsCheck;
using Phi4.Core.Sampling;

namespace Phi4.Core.Tests.Sampling;

public sealed class SamplerTests
{
    private const float Inf = float.PositiveInfinity;

    [Test]
    public void Sample_Greedy_TakesTheLargestLowestIdOnTies() => Gen.Int[-5, 5].Select(i => (float)i).Array[1, 60].Sample(logits =>
        Assert.That(Choose(logits, new()), Is.EqualTo(Array.IndexOf(logits, logits.Max()))));

    [TestCase(new[] { float.NaN, 1, float.NaN, 2, float.NaN }, 3)]
    [TestCase(new[] { float.NaN, -Inf, -3e38f }, 2)]
    [TestCase(new[] { 1, Inf, float.NaN, Inf }, 1)]
    [TestCase(new[] { -0f, 0f }, 0)]
    public void Sample_GreedyOddValues_NeverChoosesNaN(float[] logits, int expected)
        => Assert.That(Choose(logits, new()), Is.EqualTo(expected));

    [Test]
    public void Sample_NaNAndInfinity_DrawsAmongTheInfiniteOnly()
    {
        float[] logits = [5, Inf, float.NaN, -Inf, Inf, 1e38f];
        var options = new GenerationOptions { Temperature = 1, TopP = 0.999f, TypicalP = 0.999f, MinP = 0.1f, Seed = 1 };
        var drawn = Enumerable.Range(0, 100).Select(position => Choose(logits, options, position)).Distinct().Order();
        Assert.That(drawn, Is.EqualTo(new[] { 1, 4 }));
    }

    [TestCase(0f)]
    [TestCase(1f)]
    public void Sample_NothingToChoose_ThrowsWithCounts(float temperature)
    {
        var error = Assert.Throws<InvalidLogitsException>(
            () => Choose([float.NaN, -Inf, float.NaN], new() { Temperature = temperature, Seed = 1 }));
        Assert.That((error!.VocabSize, error.NanCount), Is.EqualTo((3, 2)));
        Assert.That(error.Message, Does.Contain("3 logits 2 are NaN and the other 1"));
    }

    [Test]
    public void Sample_TinyTemperature_IsGreedy() => Gen.Float[-30, 30].Array[1, 60].Sample(logits =>
        Assert.That(Choose(logits, new() { Temperature = float.Epsilon, Seed = 3 }), Is.EqualTo(Choose(logits, new()))));

    [Test]
    public void Sample_GreedyWithFilters_SameAsGreedy() => Gen.Float[-9, 9].Array[1, 60].Sample(logits =>
        Assert.That(Choose(logits, new() { Temperature = 0, TopK = 3, TopP = 0.1f, MinP = 0.5f }), Is.EqualTo(Choose(logits, new()))));

    [Test]
    public void Sample_TopKTies_KeepsLowestIds()
    {
        var drawn = Enumerable.Range(0, 300).Select(position => Choose([1, 2, 1, 2, 1, 1], new() { Temperature = 1, TopK = 4, Seed = 9 }, position));
        Assert.That(drawn.Distinct().Order(), Is.EqualTo(new[] { 0, 1, 2, 3 }));
    }

    [Test]
    public void Sample_SameSeed_SameTokensWhateverElseRuns()
    {
        var random = new Random(1);
        var rows = Enumerable.Range(0, 50).Select(_ => Enumerable.Range(0, 400).Select(_ => (float)random.NextDouble() * 3).ToArray()).ToArray();
        var options = new GenerationOptions { Temperature = 1, TopP = 0.95f, Seed = 99 }.Resolve();
        var alone = Run(new SamplerScratch(400), interleave: false);
        Assert.Multiple(() =>
        {
            Assert.That(Run(new SamplerScratch(400), interleave: true), Is.EqualTo(alone), "another request between every two tokens");
            Assert.That(rows.Index().Select(row => Choose(row.Item, options with { Seed = 100 }, row.Index)), Is.Not.EqualTo(alone), "another seed");
            Assert.That(rows.Index().Reverse().Select(row => Choose(row.Item, options, row.Index)).Reverse(), Is.EqualTo(alone), "backwards");
        });

        int[] Run(SamplerScratch scratch, bool interleave)
        {
            var state = new SamplerState(options, 400, [], []);
            var other = new SamplerState(options with { Seed = 5, TopK = 7, TypicalP = 0.5f, LogitBias = new Dictionary<int, float> { [3] = 9 } }, 400, [], []);
            return [.. rows.Index().Select(row =>
            {
                if (interleave)
                    Sampler.Sample(row.Item, other, row.Index, scratch);
                return Sampler.Sample(row.Item, state, row.Index, scratch);
            })];
        }
    }

    [Test]
    public void State_NoSeed_TakesARandomOneThatJsonKeeps()
    {
        var seeds = Enumerable.Range(0, 20).Select(_ => new SamplerState(new GenerationOptions().Resolve(), 4, [], []).Seed).ToArray();
        Assert.That(seeds, Is.Unique);
        Assert.That(seeds, Is.All.InRange(0L, (1L << 53) - 1));
    }

    [Test]
    public void Sample_AnyOptions_LeavesLogitsAlone()
    {
        float[] logits = [1, 2, 3, 4];
        var options = new GenerationOptions
        {
            Temperature = 1,
            RepetitionPenalty = 2,
            PresencePenalty = 1,
            BannedTokens = [3],
            LogitBias = new Dictionary<int, float> { [0] = 5 },
            Seed = 1,
        };
        Choose(logits, options);
        Assert.That(logits, Is.EqualTo(new float[] { 1, 2, 3, 4 }));
    }

    [Test]
    public void Sample_EverythingOn_AllocatesNothing()
    {
        const int VocabSize = 5_000;
        var random = new Random(3);
        var logits = Enumerable.Range(0, VocabSize).Select(_ => (float)random.NextDouble() * 8).ToArray();
        var full = new GenerationOptions
        {
            Temperature = 0.9f,
            TopK = 2_000,
            TopP = 0.95f,
            TypicalP = 0.95f,
            MinP = 0.01f,
            RepetitionPenalty = 1.1f,
            PresencePenalty = 0.2f,
            FrequencyPenalty = 0.1f,
            LogitBias = new Dictionary<int, float> { [5] = 1, [6] = -1 },
            BannedTokens = [1, 2, 3],
            MinTokens = 500,
            Seed = 1,
        }.Resolve();
        foreach (var options in new[] { full, full with { TopK = 0 }, full with { Temperature = 0, TypicalP = 1 }, new GenerationOptions { Seed = 1 }.Resolve() })
        {
            var state = new SamplerState(options, VocabSize, [1, 2, 3, 4], [7, 8]);
            var scratch = new SamplerScratch(VocabSize);
            Steps(0, 20);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Steps(20, 220);
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero, options.ToString());

            void Steps(int first, int end)
            {
                for (var position = first; position < end; position++)
                    state.Accept(Sampler.Sample(logits, state, position, scratch));
            }
        }
    }

    private static int Choose(float[] logits, GenerationOptions options, int position = 0)
        => Sampler.Sample(logits, new SamplerState(options.Resolve(), logits.Length, [], []), position, new SamplerScratch(logits.Length));
}
