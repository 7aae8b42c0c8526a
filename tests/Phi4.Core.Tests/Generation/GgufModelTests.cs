// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Tests.Weights.Gguf;
using Phi4.Core.Weights;
using Phi4.Kernels;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Generation;

/// <summary>A golden model as a GGUF file, loaded as people load it.</summary>
[TestFixture]
public sealed class GgufModelTests
{
    private static readonly Phi4LoadOptions Small = new() { ContextLength = 256, CacheTokens = 512, MaxStepTokens = 32 };

    [Test]
    public async Task Load_GgufTwinOfAFolder_GivesTheSameBits()
    {
        using TemporaryFolder folder = new();
        WriteTwin("tiny-phi4", folder["twin.gguf"]);
        int[] tokens = EngineTests.Tokens(50, 3);
        Assert.That(await LogitsAsync(folder["twin.gguf"], tokens), Is.EqualTo(await LogitsAsync(Goldens.Model("tiny-phi4"), tokens)).AsCollection);
    }

    [Test]
    public void PlanMemory_OfAGgufFile_CountsItsMappedWeights()
    {
        using TemporaryFolder folder = new();
        WriteTwin("tiny-phi4", folder["twin.gguf"]);
        Assert.That(
            Phi4Model.PlanMemory(folder["twin.gguf"], Small).WeightBytes, Is.EqualTo(Phi4Model.PlanMemory(Goldens.Model("tiny-phi4"), Small).WeightBytes));
    }

    [Test]
    public void Load_NoGgufFile_SaysSo()
    {
        using TemporaryFolder folder = new();
        folder.Write("broken.gguf", "GGUF, or so it says, but nothing more");
        Assert.That(
            async () => await Phi4Model.LoadAsync(folder["broken.gguf"], Small), Throws.TypeOf<ModelFormatException>().With.Property("File").EqualTo(folder["broken.gguf"]));
        Assert.That(async () => await Phi4Model.LoadAsync(folder["none.gguf"], Small), Throws.TypeOf<ModelFormatException>());
    }

    private static async Task<float[]> LogitsAsync(string path, int[] tokens)
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(path, Small);
        using Phi4Sequence sequence = model.CreateSequence();
        sequence.Append(tokens);
        return sequence.Forward().ToArray();
    }

    private static void WriteTwin(string golden, string path)
    {
        ModelConfig config = ModelConfigReader.Read(Path.Combine(Goldens.Model(golden), "config.json"));
        GgufBuilder file = new GgufBuilder()
            .Add("general.architecture", "phi3").Add("phi3.context_length", (uint)config.MaxPositions).Add("phi3.embedding_length", (uint)config.HiddenSize)
            .Add("phi3.feed_forward_length", (uint)config.MlpSize).Add("phi3.block_count", (uint)config.LayerCount)
            .Add("phi3.attention.head_count", (uint)config.HeadCount).Add("phi3.attention.head_count_kv", (uint)config.KvHeadCount)
            .Add("phi3.attention.layer_norm_rms_epsilon", config.RmsNormEpsilon).Add("phi3.rope.dimension_count", (uint)config.HeadSize)
            .Add("phi3.rope.freq_base", (float)config.Rope.Theta);
        using FloatSource source = FloatSource.Open(Goldens.Model(golden));
        foreach (TensorInfo tensor in source.Checkpoint.Tensors)
        {
            byte[] bytes = source.Checkpoint.FileOf(tensor.Name).Bytes(tensor).ToArray();
            Assert.That(tensor.DType, Is.EqualTo(DType.BF16));
            file.Tensor(NameOf(tensor.Name), 30, [.. tensor.Shape], bytes);
        }

        File.WriteAllBytes(path, file.Build());
    }

    private static string NameOf(string name) => name
        .Replace("model.layers.", "blk.").Replace("self_attn.qkv_proj", "attn_qkv").Replace("self_attn.o_proj", "attn_output").Replace("mlp.gate_up_proj", "ffn_up")
        .Replace("mlp.down_proj", "ffn_down").Replace("input_layernorm", "attn_norm").Replace("post_attention_layernorm", "ffn_norm")
        .Replace("model.embed_tokens", "token_embd").Replace("model.norm", "output_norm").Replace("lm_head", "output");
}
