// SPDX-License-Identifier: MIT
using Phi4.Core.Generation;
using Phi4.Kernels;
using Phi4.TestSupport;
using Phi4.TestSupport.Cuda;

namespace Phi4.Core.Tests.Model;

/// <summary>The golden models on this machine's CUDA device; skipped, with the reason, where there is none.</summary>
[TestFixtureSource(typeof(Goldens), nameof(Goldens.ModelNames))]
internal sealed class DeviceGoldenTests(string model)
{
    private readonly GoldenModel _golden = GoldenModel.Read(model);

    [SetUp]
    public void RequireDevice() => Assume.That(RealDevice.WhyNot, Is.Null);

    [Test]
    public async Task Prompts_WithNothingRounded_GiveTheReferenceLogits()
    {
        using Engine engine = TestEngine.CreateOnDevice(_golden.Folder, RealDevice.Create(roundsActivations: false), cacheType: DType.F32);
        foreach (GoldenPrompt prompt in _golden.Prompts.Where(prompt => prompt.Ids.Length <= 500))
        {
            float[] logits = (await engine.RunAsync(prompt.Ids))[prompt.Ids.Length - 1];
            double error = logits.Zip(prompt.LastLogits, (a, b) => Math.Abs((double)a - b)).Max() / prompt.Std;
            Assert.That(error, Is.LessThan(1e-4), $"{model}, {prompt.Ids.Length} tokens");
        }
    }

    [Test]
    public async Task Prompts_AsUsersGetThem_StayNearTheReference()
    {
        using Engine engine = TestEngine.CreateOnDevice(_golden.Folder, RealDevice.Create(roundsActivations: true));
        foreach (GoldenPrompt prompt in _golden.Prompts.Where(prompt => prompt.Ids.Length <= 500))
        {
            float[] logits = (await engine.RunAsync(prompt.Ids))[prompt.Ids.Length - 1];
            double rms = Math.Sqrt(logits.Zip(prompt.LastLogits, (a, b) => ((double)a - b) * ((double)a - b)).Average()) / prompt.Std;
            Assert.That(rms, Is.LessThan(3e-2), $"{model}, {prompt.Ids.Length} tokens");
        }
    }
}
