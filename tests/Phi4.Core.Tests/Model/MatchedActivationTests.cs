// SPDX-License-Identifier: MIT
using Phi4.Core.Generation;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Model;

/// <summary>BF16 weights times activations rounded to BF16: what that costs, and that it costs the same everywhere.</summary>
internal sealed class MatchedActivationTests
{
    /// <summary>Over the std of the golden logits. A model that rounds everywhere is allowed 3e-2 and 1.5e-1 by tests/goldens/models/README.md.</summary>
    private const double MostRms = 1e-2, MostOfOne = 5e-2;

    [Test]
    public async Task Prompts_StayNearTheReference([Values("tiny-phi4", "tiny-phi4-mini")] string model, [Values("cpu-machine", "cpu-256")] string backend)
    {
        GoldenModel golden = GoldenModel.Read(model);
        using Engine engine = TestEngine.Create(golden.Folder, Backends.Create(backend));
        double worstRms = 0, worst = 0;
        foreach (GoldenPrompt prompt in golden.Prompts)
        {
            float[] logits = (await engine.RunAsync(prompt.Ids))[prompt.Ids.Length - 1];
            double[] errors = [.. logits.Zip(prompt.LastLogits, (a, b) => Math.Abs((double)a - b) / prompt.Std)];
            worstRms = Math.Max(worstRms, Math.Sqrt(errors.Average(error => error * error)));
            worst = Math.Max(worst, errors.Max());
        }

        TestContext.Out.WriteLine($"{model} on {backend}: rms {worstRms:E2}, largest {worst:E2} of the std");
        Assert.That(worstRms, Is.InRange(1e-4, MostRms), "they must really be rounded");
        Assert.That(worst, Is.LessThan(MostOfOne));
    }

    [Test]
    public async Task Logits_OfEveryWayOfComputing_AreTheSameBits([Values("cpu-machine", "cpu-512", "cpu-128")] string backend)
    {
        GoldenModel golden = GoldenModel.Read("tiny-phi4");
        using Engine one = TestEngine.Create(golden.Folder, Backends.Create("cpu-256"));
        using Engine other = TestEngine.Create(golden.Folder, Backends.Create(backend));
        foreach (int[] ids in golden.Prompts.Select(prompt => prompt.Ids))
        {
            Assert.That((await other.RunAsync(ids))[ids.Length - 1], Is.EqualTo((await one.RunAsync(ids))[ids.Length - 1]).AsCollection, $"{ids.Length} tokens");
        }
    }
}
