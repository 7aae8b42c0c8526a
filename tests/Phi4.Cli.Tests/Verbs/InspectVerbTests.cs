// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace Phi4.Cli.Tests.Verbs;

public sealed class InspectVerbTests
{
    // phi-4's own configuration, less what does not matter here.
    private const string Phi4Config = """
        {
          "architectures": ["Phi3ForCausalLM"], "attention_bias": false, "bos_token_id": 100257, "eos_token_id": 100265, "hidden_act": "silu",
          "hidden_size": 5120, "intermediate_size": 17920, "max_position_embeddings": 16384, "model_type": "phi3", "num_attention_heads": 40,
          "num_hidden_layers": 40, "num_key_value_heads": 10, "original_max_position_embeddings": 16384, "rms_norm_eps": 1e-05,
          "rope_scaling": null, "rope_theta": 250000, "sliding_window": null, "tie_word_embeddings": false, "torch_dtype": "bfloat16",
          "vocab_size": 100352
        }
        """;

    [Test]
    public async Task Phi4Config_Alone_PrintsItsSizes()
    {
        using var folder = new TemporaryFolder();
        Outcome outcome = await Command.RunAsync("inspect", folder.Write("config.json", Phi4Config));
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Assert.That(outcome.Out, Does.Contain("14,659,507,200"));
        Assert.That(outcome.Out, Does.Contain("29,319,014,400 bytes"));
        Assert.That(outcome.Out, Does.Contain("204,800 bytes a token in bf16, 409,600 in f32, 105,600 in int8"));
    }

    [Test]
    public async Task Phi4Config_AsJson_HasTheSameNumbers()
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", Phi4Config);
        JsonElement json = (await Command.RunAsync("inspect", folder.Path, "-o", "json", "--tensors")).Json;
        Assert.That(json.GetProperty("parameters").GetInt64(), Is.EqualTo(14_659_507_200));
        Assert.That(json.GetProperty("weight_bytes").GetInt64(), Is.EqualTo(29_319_014_400));
        Assert.That(json.GetProperty("kv_bytes_per_token").GetProperty("bf16").GetInt64(), Is.EqualTo(204_800));
        Assert.That(json.GetProperty("kv_bytes_per_token").GetProperty("f32").GetInt64(), Is.EqualTo(409_600));
        Assert.That(json.GetProperty("kv_bytes_per_token").GetProperty("int8").GetInt64(), Is.EqualTo(105_600));
        Assert.That(json.GetProperty("has_weights").GetBoolean(), Is.False);
        Assert.That(json.GetProperty("tensors").EnumerateArray().Sum(tensor => tensor.GetProperty("bytes").GetInt64()), Is.EqualTo(29_319_014_400));
    }

    [Test]
    public async Task Model_WithWeights_ListsItsTensors()
    {
        Outcome outcome = await Command.RunAsync("inspect", TestModels.Tiny, "--tensors", "--ctx-size", "100", "--kv", "bf16");
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Assert.That(outcome.Out, Does.Contain("model.embed_tokens.weight").And.Contain("BF16 [512, 128]"));
        Assert.That(outcome.Out, Does.Contain("100 tokens of context take 51,200 in bf16"));
    }

    [Test]
    public async Task Weights_ThatDoNotMatch_AreListedAndFail()
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", File.ReadAllText(Path.Combine(TestModels.Tiny, "config.json")).Replace("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 3"));
        File.Copy(Path.Combine(TestModels.Tiny, "model.safetensors"), Path.Combine(folder.Path, "model.safetensors"));
        Outcome outcome = await Command.RunAsync("inspect", folder.Path);
        Assert.That(outcome.ExitCode, Is.EqualTo(4));
        Assert.That(outcome.Out, Does.Contain("model.layers.3."));
    }

    [Test]
    public async Task PackedConfig_Alone_SaysHowItIsQuantizedAndWhatIsNotUsed()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("config.json", Phi4Config.TrimEnd().TrimEnd('}') + """
            , "quantization_config": { "quant_method": "compressed-tensors", "format": "float-quantized", "config_groups": { "group_0": {
              "weights": { "num_bits": 8, "type": "float", "strategy": "channel" }, "input_activations": { "num_bits": 8, "type": "float", "dynamic": true } } } } }
            """);
        Outcome text = await Command.RunAsync("inspect", path);
        JsonElement json = (await Command.RunAsync("inspect", path, "-o", "json")).Json;
        Assert.That(text.Out, Does.Contain("quantized   compressed-tensors float-quantized, FP8 (E4M3), a scale for a row"));
        Assert.That(text.Out, Does.Contain("input_activations (8-bit float, dynamic): not used"));
        Assert.That(json.GetProperty("quantization").GetString(), Does.Contain("FP8 (E4M3)"));
        Assert.That(json.GetProperty("quantization_unused").GetArrayLength(), Is.EqualTo(1));
        Assert.That(json.GetProperty("quantized").GetArrayLength(), Is.Zero);
    }

    [TestCase("/nowhere")]
    public async Task Path_WithoutAModel_IsNotFound(string path) =>
        Assert.That((await Command.RunAsync("inspect", path)).ExitCode, Is.EqualTo(3));
}
