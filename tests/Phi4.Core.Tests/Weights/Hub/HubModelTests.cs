// SPDX-License-Identifier: MIT
using Phi4.Core.Generation;
using Phi4.Core.Weights;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Weights.Hub;

/// <summary>Whole models in each layout against the same values as floats.</summary>
[TestFixture]
internal sealed class HubModelTests
{
    private const string Fused = "tiny-phi4";

    // Their codes and scales lie in the blocks as they are.
    private static readonly string[] Kept = ["w4a16", "w4a16 zero points", "w8a8", "gptq", "gptq 8 bits", "awq"];

    // Act-order becomes new codes; of FP8 small values are rounded; of NF4 the sixteen values are.
    private static readonly string[] Rounded = ["w4a16 act-order", "gptq act-order", "fp8", "nf4"];

    private static readonly int[] Tokens = [.. Enumerable.Range(0, 12).Select(i => (i * 37) % 500 + 3)];

    [Test]
    public async Task Logits_AsF32_HaveTheBitsOfTheDequantizedTwin([ValueSource(nameof(Kept)), ValueSource(nameof(Rounded))] string kind)
    {
        using HubModel model = HubModel.Create(Fused, kind);
        float[] twin = await LogitsAsync(model.Twin, "cpu-512", WeightPlan.AsStored);
        Assert.That(await LogitsAsync(model.Packed, "cpu-512", WeightPlan.Of(WeightType.F32, null)), Is.EqualTo(twin).AsCollection);
    }

    [Test]
    public async Task Logits_OfKeptCodes_HaveTheTwinsBitsOnTheReference([ValueSource(nameof(Kept))] string kind)
    {
        using HubModel model = HubModel.Create(Fused, kind);
        float[] twin = await LogitsAsync(model.Twin, "reference", WeightPlan.AsStored);
        Assert.That(await LogitsAsync(model.Packed, "reference", WeightPlan.AsStored), Is.EqualTo(twin).AsCollection);
    }

    [Test]
    public async Task Logits_OfRoundedCodes_StayNearTheTwin([ValueSource(nameof(Rounded))] string kind)
    {
        using HubModel model = HubModel.Create(Fused, kind);
        float[] twin = await LogitsAsync(model.Twin, "reference", WeightPlan.AsStored);
        double difference = Difference(await LogitsAsync(model.Packed, "reference", WeightPlan.AsStored), twin);
        TestContext.Out.WriteLine($"{kind}: {difference:G3} of the logits' spread");
        Assert.That(difference, Is.InRange(1e-6, 0.02));
    }

    [Test]
    public async Task Generate_FromAFolder_AnswersAndSaysWhatItTakes([Values("gptq", "fp8")] string kind)
    {
        using HubModel model = HubModel.Create(Fused, kind);
        Phi4LoadOptions small = new() { ContextLength = 256, CacheTokens = 512, MaxStepTokens = 32 };
        await using Phi4Model loaded = await Phi4Model.LoadAsync(model.Packed.Path, small);
        GenerationResult answer = await loaded.CompleteAsync(Prompt.FromTokens(Tokens), new GenerationOptions { MaxTokens = 20, IgnoreEndTokens = true });
        Assert.That(answer.TokenIds, Has.Count.EqualTo(20));
    }

    private static async Task<float[]> LogitsAsync(TemporaryFolder folder, string backend, WeightPlan plan)
    {
        using Engine engine = TestEngine.Create(folder.Path, Backends.Create(backend), plan: plan);
        return (await engine.RunAsync(Tokens))[Tokens.Length - 1];
    }

    /// <summary>Root mean square of the difference over the standard deviation of the logits.</summary>
    private static double Difference(float[] found, float[] expected)
    {
        double mean = expected.Average();
        double spread = Math.Sqrt(expected.Average(value => (value - mean) * (value - mean)));
        return Math.Sqrt(found.Zip(expected, (a, b) => ((double)a - b) * ((double)a - b)).Average()) / spread;
    }
}
