// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Core.Configuration;
using Phi4.Core.Generation;
using Phi4.Core.State;
using Phi4.Core.Tests.Weights;
using Phi4.Core.Weights;
using Phi4.Kernels;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Model;

/// <summary>Every architecture that the configuration reader lets in, against the naive model on random weights.</summary>
internal sealed class SiblingArchitectureTests
{
    private const int TokenCount = 40;

    private static IEnumerable<TestCaseData> Siblings()
    {
        ModelConfig phi3 = TinyCheckpoint.Config("Phi3ForCausalLM");
        yield return Case("phi-4", phi3);
        yield return Case("phi-4-reasoning", phi3 with { Rope = phi3.Rope with { Theta = 500000 } });
        yield return Case("phi-3-medium: sliding window", phi3 with { SlidingWindow = 7 });
        yield return Case("phi-4-mini: partial rotary, tied, LongRoPE below its switch", TinyCheckpoint.Config("Phi3ForCausalLM", tied: true) with { Rope = LongRope(switchLength: 48) });
        yield return Case("phi-4-mini: LongRoPE beyond its switch", TinyCheckpoint.Config("Phi3ForCausalLM", tied: true) with { Rope = LongRope(switchLength: 16) });
        ModelConfig llama = TinyCheckpoint.Config("LlamaForCausalLM");
        yield return Case("unsloth/phi-4: Llama layout", llama);
        yield return Case("Llama 3.x: scaled rotary", llama with { Rope = llama.Rope with { Theta = 500000, Scaling = new Llama3RopeScaling(8, 1, 4, 32) } });
        yield return Case("Llama: linear scaling", llama with { Rope = llama.Rope with { Scaling = new LinearRopeScaling(2) } });
        yield return Case("Qwen2.5: biases", TinyCheckpoint.Config("Qwen2ForCausalLM"));
        yield return Case("Qwen2.5: biases, tied", TinyCheckpoint.Config("Qwen2ForCausalLM", tied: true));
        yield return Case("no grouping of heads", phi3 with { KvHeadCount = 4 });
    }

    [TestCaseSource(nameof(Siblings))]
    public async Task Logits_OfASibling_EqualTheNaiveModel(ModelConfig config)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = new TinyCheckpoint(config);
        FillWithNormals(checkpoint);
        checkpoint.WriteSingle(folder);
        int[] tokens = [.. Enumerable.Range(0, TokenCount).Select(i => (i * 17 + 5) % config.VocabSize)];
        double[][] expected = new NaiveTransformer(config, checkpoint.Tensors).Logits(tokens);
        double std = Math.Sqrt(expected[^1].Average(value => value * value));

        foreach (string backend in (string[])["reference", "cpu-256", "cpu-scalar"])
        {
            var step = new StepCapacity(Tokens: 9, Sequences: 2, PagesPerSequence: 2, LogitRows: 4);
            using var engine = new Engine(
                config, WeightLoader.Load(config, folder.Path), Backends.Create(backend, roundsActivations: false), new EngineLimits(config.MaxPositions, DType.F32, PageCount: 4, step));
            IReadOnlyDictionary<int, float[]> logits = await engine.RunAsync(tokens, Enumerable.Range(0, TokenCount));
            for (int t = 0; t < TokenCount; t++)
            {
                for (int i = 0; i < config.VocabSize; i++)
                {
                    Assert.That(logits[t][i], Is.EqualTo(expected[t][i]).Within(1e-4 * std), $"{backend}, position {t}, logit {i}");
                }
            }
        }
    }

    private static RopeConfig LongRope(int switchLength) => new()
    {
        Theta = 10000,
        RotarySize = 6,
        Scaling = new LongRopeScaling([1.01f, 1.1f, 1.2f], [1.5f, 2.5f, 4f], switchLength, AttentionFactor: 1.19),
    };

    private static TestCaseData Case(string name, ModelConfig config) => new TestCaseData(config).SetName($"Logits_Of({name})_EqualTheNaiveModel");

    private static void FillWithNormals(TinyCheckpoint checkpoint)
    {
        foreach ((string name, (_, _, byte[] data)) in checkpoint.Tensors)
        {
            var random = new Random(name.Aggregate(7, (hash, c) => hash * 31 + c));
            double center = name.Contains("norm", StringComparison.Ordinal) ? 1 : 0;
            Span<float> values = MemoryMarshal.Cast<byte, float>(data.AsSpan());
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (float)(center + 0.25 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
            }
        }
    }
}
