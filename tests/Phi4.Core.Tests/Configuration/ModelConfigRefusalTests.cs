// SPDX-License-Identifier: MIT
using System.Text;
using Phi4.Core.Configuration;

namespace Phi4.Core.Tests.Configuration;

/// <summary>One case for each thing that the reader must not let through: the error names file, key, expected and found.</summary>
[TestFixture]
public sealed class ModelConfigRefusalTests
{
    [TestCase("hidden_act", "\"gelu\"")]
    [TestCase("hidden_act", "null")]
    [TestCase("attention_bias", "true")]
    [TestCase("attention_bias", "\"no\"")]
    [TestCase("mlp_bias", "true")]
    [TestCase("lm_head_bias", "true")]
    [TestCase("quantization_config", """{ "quant_method": "gptq" }""", "quantization_config.bits")]
    [TestCase("quantization_config", "\"gptq\"")]
    [TestCase("quantization", """{ "bits": 4 }""")]
    [TestCase("hidden_size", "0")]
    [TestCase("hidden_size", "-5120")]
    [TestCase("hidden_size", "5120.5")]
    [TestCase("hidden_size", "\"5120\"")]
    [TestCase("hidden_size", "1e300")]
    [TestCase("hidden_size", "99999999999999999999")]
    [TestCase("hidden_size", "[5120]")]
    [TestCase("num_hidden_layers", "1000000000")]
    [TestCase("num_key_value_heads", "7")]
    [TestCase("num_key_value_heads", "80")]
    [TestCase("num_attention_heads", "30", "num_attention_heads")]
    [TestCase("head_dim", "0")]
    [TestCase("head_dim", "127", "partial_rotary_factor")]
    [TestCase("vocab_size", "0")]
    [TestCase("intermediate_size", "{}")]
    [TestCase("rms_norm_eps", "0")]
    [TestCase("rms_norm_eps", "-1e-5")]
    [TestCase("rms_norm_eps", "1e999")]
    [TestCase("rope_theta", "-10000")]
    [TestCase("rope_theta", "\"big\"")]
    [TestCase("max_position_embeddings", "0")]
    [TestCase("partial_rotary_factor", "1.5")]
    [TestCase("partial_rotary_factor", "0.01")]
    [TestCase("torch_dtype", "\"float64\"")]
    [TestCase("torch_dtype", "\"float8_e4m3fn\"")]
    [TestCase("tie_word_embeddings", "1")]
    [TestCase("eos_token_id", "100352")]
    [TestCase("eos_token_id", "-1")]
    [TestCase("eos_token_id", "[100265, \"x\"]", "eos_token_id[1]")]
    [TestCase("bos_token_id", "3.5")]
    [TestCase("sliding_window", "-1")]
    [TestCase("model_type", "\"llama\"")]
    [TestCase("architectures", "[\"MixtralForCausalLM\"]")]
    [TestCase("architectures", "[\"Phi3ForCausalLM\", \"LlamaForCausalLM\"]")]
    [TestCase("architectures", "[]")]
    [TestCase("architectures", "\"Phi3ForCausalLM\"")]
    [TestCase("layer_types", "[\"full_attention\"]")]
    [TestCase("rope_scaling", "\"longrope\"")]
    [TestCase("rope_scaling", "{}", "rope_scaling.rope_type")]
    [TestCase("rope_scaling", """{ "type": "dynamic", "factor": 2 }""", "rope_scaling.type")]
    [TestCase("rope_scaling", """{ "rope_type": "longrope", "type": "linear", "factor": 2 }""", "rope_scaling.type")]
    [TestCase("rope_scaling", """{ "type": "linear" }""", "rope_scaling.factor")]
    [TestCase("rope_scaling", """{ "type": "linear", "factor": 0 }""", "rope_scaling.factor")]
    [TestCase("rope_scaling", """{ "type": "longrope", "long_factor": [1] }""", "rope_scaling.short_factor")]
    [TestCase("rope_scaling", """{ "type": "longrope", "short_factor": [1, 2], "long_factor": [1, 2] }""", "rope_scaling.short_factor")]
    [TestCase("rope_scaling", """{ "type": "longrope", "short_factor": [1, 0] }""", "rope_scaling.short_factor[1]")]
    [TestCase("rope_scaling", """{ "type": "longrope", "short_mscale": 1.1 }""", "rope_scaling.short_mscale")]
    [TestCase("rope_scaling", """{ "type": "longrope", "original_max_position_embeddings": 4096 }""", "rope_scaling.original_max_position_embeddings")]
    [TestCase("rope_scaling", """{ "rope_type": "llama3", "low_freq_factor": 4, "high_freq_factor": 1 }""", "rope_scaling.high_freq_factor")]
    [TestCase("rope_scaling", """{ "rope_type": "llama3", "factor": 8 }""", "rope_scaling.low_freq_factor")]
    [TestCase("rope_parameters", """{ "rope_theta": 10000, "rope_type": "default" }""", "rope_theta")]
    [TestCase("rope_parameters", """{ "full_attention": { "rope_theta": 250000 } }""", "rope_parameters.full_attention")]
    public void Parse_Phi4WithOneBadValue_NamesIt(string key, string value, string? item = null) => AssertRefused(
        SiblingConfigs.Edit(SiblingConfigs.Phi4, $$"""{ "{{key}}": {{value}} }"""), item ?? key);

    [TestCase("hidden_size")]
    [TestCase("num_hidden_layers")]
    [TestCase("num_attention_heads")]
    [TestCase("intermediate_size")]
    [TestCase("vocab_size")]
    [TestCase("max_position_embeddings")]
    [TestCase("rms_norm_eps")]
    [TestCase("rope_theta")]
    [TestCase("hidden_act")]
    public void Parse_Phi4WithoutANeededKey_NamesIt(string key) => AssertRefused(SiblingConfigs.Edit(SiblingConfigs.Phi4, "{}", key), key);

    [Test]
    public void Parse_NeitherArchitectureNorModelType_IsRefused() =>
        AssertRefused(SiblingConfigs.Edit(SiblingConfigs.Phi4, "{}", "architectures", "model_type"), "architectures");

    [TestCase("""{ "attention_bias": true }""", "attention_bias")]
    [TestCase("""{ "sliding_window": 4096 }""", "sliding_window")]
    [TestCase("""{ "partial_rotary_factor": 0.5 }""", "partial_rotary_factor")]
    [TestCase("""{ "rope_scaling": { "type": "yarn", "factor": 4 } }""", "rope_scaling.type")]
    public void Parse_LlamaWithWhatItsClassLacks_IsRefused(string changes, string item) =>
        AssertRefused(SiblingConfigs.Edit(SiblingConfigs.UnslothPhi4, changes), item);

    [TestCase("""{ "use_sliding_window": true, "sliding_window": 4096, "max_window_layers": 24 }""", "max_window_layers")]
    [TestCase("""{ "use_sliding_window": true, "sliding_window": 4096 }""", "max_window_layers", "max_window_layers")]
    [TestCase("""{ "use_sliding_window": "yes", "sliding_window": 4096 }""", "use_sliding_window")]
    public void Parse_QwenWithAMixOfWindows_IsRefused(string changes, string item, params string[] removed)
    {
        string base_ = SiblingConfigs.Edit(SiblingConfigs.Qwen14B, "{}", removed);
        AssertRefused(SiblingConfigs.Edit(base_, changes), item);
    }

    [TestCase("")]
    [TestCase("[]")]
    [TestCase("{")]
    [TestCase("null")]
    [TestCase("{ \"hidden_size\": 1, \"hidden_size\": 2 }")]
    [TestCase("{ \"\\ud800\": 1 }")]
    [TestCase("{ } x")]
    public void Parse_NotOneObject_IsRefused(string text) => AssertRefused(text, null);

    [Test]
    public void Parse_HalfACharacterInAString_IsRefused() =>
        AssertRefused("""{ "architectures": ["\ud800"], "model_type": "\ud800" }""", "model_type");

    [Test]
    public void Parse_InvalidUtf8_IsRefused() => Assert.That(
        () => ModelConfigReader.Parse(new byte[] { (byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}' }, "config.json"),
        Throws.TypeOf<ModelFormatException>().With.Message.Contains("UTF-8"));

    [Test]
    public void Parse_DeepNesting_IsRefused() =>
        AssertRefused(string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) + "1" + new string('}', 100_000), null);

    [Test]
    public void Read_MissingFile_NamesIt() => Assert.That(
        () => ModelConfigReader.Read("/nowhere/config.json"), Throws.TypeOf<ModelFormatException>().With.Property("File").EqualTo("/nowhere/config.json"));

    [Test]
    public void Message_HasFileKeyExpectedAndFound()
    {
        string json = SiblingConfigs.Edit(SiblingConfigs.Phi4, """{ "num_key_value_heads": 7 }""");
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => Parse(json))!;
        Assert.That(error.Message, Is.EqualTo("some/config.json: num_key_value_heads: expected a divisor of num_attention_heads 40, found 7."));
    }

    private static void AssertRefused(string json, string? item)
    {
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => Parse(json))!;
        Assert.Multiple(() =>
        {
            Assert.That(error.Item, Is.EqualTo(item), error.Message);
            Assert.That(error.File, Is.EqualTo("some/config.json"));
            Assert.That(error.Expected, Is.Not.Empty);
            Assert.That(error.Found, Is.Not.Empty);
        });
    }

    private static void Parse(string json) => ModelConfigReader.Parse(Encoding.UTF8.GetBytes(json), "some/config.json");
}
