// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights;

/// <summary>Checkpoints that do not hold the model that their configuration describes.</summary>
[TestFixture]
public sealed class WeightLoaderRefusalTests
{
    [Test]
    public void Load_TiedModelWithAHeadOfItsOwn_IsRefusedUnlessItEqualsTheEmbedding()
    {
        ModelConfig config = TinyCheckpoint.Config("Phi3ForCausalLM", tied: true);
        TinyCheckpoint tiny = new(config);
        tiny.Tensors["lm_head.weight"] = tiny.Tensors["model.embed_tokens.weight"];
        using TemporaryFolder same = new();
        tiny.WriteSingle(same);
        tiny.Set("lm_head.weight", DType.F32, [40, 16]);
        using TemporaryFolder other = new();
        tiny.WriteSingle(other);
        Assert.Multiple(() =>
        {
            Assert.That(() => WeightLoader.Load(config, same.Path).Dispose(), Throws.Nothing);
            Assert.That(
                () => WeightLoader.Load(config, other.Path),
                Throws.TypeOf<ModelFormatException>().With.Property("Item").EqualTo("lm_head.weight").And.Message.Contains("ties"));
        });
    }

    [Test]
    public void Load_EveryKindOfMismatch_IsReportedAtOnce()
    {
        ModelConfig config = TinyCheckpoint.Config("Phi3ForCausalLM");
        TinyCheckpoint tiny = new(config);
        tiny.Tensors.Remove("model.norm.weight");
        tiny.Set("model.layers.0.mlp.down_proj.weight", DType.F32, [24, 16]);
        tiny.Set("model.layers.1.self_attn.o_proj.weight", DType.I8, [16, 32]);
        tiny.Set("model.layers.2.input_layernorm.weight", DType.F32, [16]);
        using TemporaryFolder folder = new();
        tiny.WriteSingle(folder);
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => WeightLoader.Load(config, folder.Path))!;
        Assert.Multiple(() =>
        {
            Assert.That(error.Problems, Has.Count.EqualTo(4));
            Assert.That(error.Message, Does.Contain("model.norm.weight: expected BF16, F16 or F32 [16], found no such tensor"));
            Assert.That(error.Message, Does.Contain("down_proj.weight: expected BF16, F16 or F32 [16, 24], found F32 [24, 16]"));
            Assert.That(error.Message, Does.Contain("o_proj.weight: expected BF16, F16 or F32 [16, 32], found I8 [16, 32]"));
            Assert.That(error.Message, Does.Contain("model.layers.2.input_layernorm.weight: expected only tensors of a Phi3ForCausalLM with 2 layers"));
        });
    }

    [Test]
    public void Load_AnotherFamilysLayout_ListsTenProblemsAndCountsTheRest()
    {
        TinyCheckpoint tiny = new(TinyCheckpoint.Config("LlamaForCausalLM"));
        using TemporaryFolder folder = new();
        tiny.WriteSingle(folder);
        ModelFormatException error = Assert.Throws<ModelFormatException>(
            () => WeightLoader.Load(TinyCheckpoint.Config("Phi3ForCausalLM"), folder.Path))!;
        Assert.That(error.Problems, Has.Count.EqualTo(14));
        Assert.That(error.Message, Does.Contain("14 problems").And.Contain("and 4 more"));
    }

    [Test]
    public void Load_NoWeights_SaysWhatWasLookedFor()
    {
        using TemporaryFolder folder = new();
        Assert.That(
            () => WeightLoader.Load(TinyCheckpoint.Config("Phi3ForCausalLM"), folder.Path),
            Throws.TypeOf<ModelFormatException>().With.Message.Contains("model.safetensors or model.safetensors.index.json"));
    }
}
