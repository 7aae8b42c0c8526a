// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Generation;
using Phi4.Kernels;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Model;

/// <summary>The residual stream after every layer, and every step inside the first, against the reference implementation.</summary>
internal sealed class LayerStateTests
{
    private const double Tolerance = 2e-5;

    /// <summary>Calls of one decoder layer, in order: norm, query with key and value, rotated query and key, attention, output, norm, gated product, down.</summary>
    private const int CallsPerLayer = 9;

    [Test]
    public async Task Trace_OfOnePrompt_EqualsTheReferenceStates(
        [Values("tiny-phi4", "tiny-phi4-fp32", "tiny-phi4-mini", "tiny-phi4-sharded")] string name,
        [Values("reference", "cpu-256")] string backend)
    {
        GoldenModel golden = GoldenModel.Read(name);
        ModelConfig config = ModelConfigReader.Read(Path.Combine(golden.Folder, "config.json"));
        var kernels = new TracingKernels(Backends.Create(backend, roundsActivations: false));
        using Engine engine = TestEngine.Create(golden.Folder, kernels, stepTokens: 64);
        await engine.RunAsync(golden.Prompts.First(prompt => prompt.Ids.Length == golden.StatesPromptLength).Ids);

        List<float[]> trace = [.. kernels.Trace.Select(entry => entry.LastRow)];
        Assert.That(trace, Has.Count.EqualTo(1 + CallsPerLayer * config.LayerCount + 2), "embedding, layers, final norm, head");
        AssertEqual(golden.States["embedding"], trace[0], "embedding");
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            AssertEqual(golden.States[$"layer_{layer}"], trace[CallsPerLayer * (layer + 1)], $"layer {layer}");
        }

        AssertEqual(golden.States["final_norm"], trace[^2], "final norm");

        float[][] first = [.. trace.Skip(1).Take(CallsPerLayer)];
        int headSize = config.HeadSize;
        AssertEqual(golden.LayerZeroTrace["input_layernorm"], first[0], "input norm");
        AssertEqual(golden.LayerZeroTrace["qkv_proj"], first[1], "q, k and v");
        AssertEqual(golden.LayerZeroTrace["q_after_rope_head0"], first[2][..headSize], "first query head, rotated");
        AssertEqual(golden.LayerZeroTrace["q_after_rope_last_head"], first[2][^headSize..], "last query head, rotated");
        AssertEqual(golden.LayerZeroTrace["k_after_rope_head0"], first[3][..headSize], "first key head, rotated");
        AssertEqual(golden.LayerZeroTrace["attention_heads_output"], first[4], "attention");
        AssertEqual(golden.LayerZeroTrace["residual_after_attention"], first[5], "residual after attention");
        AssertEqual(golden.LayerZeroTrace["post_attention_layernorm"], first[6], "post-attention norm");
        AssertEqual(golden.LayerZeroTrace["gated_activation"], first[7], "gated activation");
    }

    private static void AssertEqual(GoldenVector expected, float[] found, string what)
    {
        Assert.That(found, Has.Length.EqualTo(expected.Size), what);
        double norm = Math.Sqrt(found.Sum(value => (double)value * value));
        Assert.That(norm, Is.EqualTo(expected.Norm).Within(Tolerance * expected.Norm), $"{what}, L2 norm");
        double scale = expected.Norm / Math.Sqrt(expected.Size);
        for (int i = 0; i < expected.First.Length; i++)
        {
            Assert.That(found[i], Is.EqualTo(expected.First[i]).Within(Tolerance * scale), $"{what}, value {i}");
        }
    }
}
