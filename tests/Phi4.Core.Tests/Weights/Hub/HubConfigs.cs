// SPDX-License-Identifier: MIT
using System.Text;
using Phi4.Core.Configuration;

namespace Phi4.Core.Tests.Weights.Hub;

/// <summary>Configurations as publishers write them, around a tiny model.</summary>
internal static class HubConfigs
{
    public const string Awq = """{ "quant_method": "awq", "bits": 4, "group_size": 32, "zero_point": true, "version": "gemm", "modules_to_not_convert": null }""";

    public const string Float8Channel = """
        { "quant_method": "compressed-tensors", "format": "float-quantized", "quantization_status": "compressed", "ignore": ["lm_head"], "kv_cache_scheme": null,
          "config_groups": { "group_0": { "targets": ["Linear"], "output_activations": null,
            "input_activations": { "num_bits": 8, "type": "float", "strategy": "token", "dynamic": true, "symmetric": true },
            "weights": { "num_bits": 8, "type": "float", "strategy": "channel", "dynamic": false, "symmetric": true, "group_size": null, "actorder": null } } } }
        """;

    public const string NormalFloat4 = """
        { "quant_method": "bitsandbytes", "load_in_4bit": true, "load_in_8bit": false, "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": true,
          "bnb_4bit_compute_dtype": "bfloat16", "bnb_4bit_quant_storage": "uint8", "llm_int8_skip_modules": ["lm_head"] }
        """;

    public static string Gptq(int bits, int groupSize, string format = "gptq", bool hasOrder = false) => $$"""
        { "quant_method": "gptq", "bits": {{bits}}, "group_size": {{groupSize}}, "desc_act": {{(hasOrder ? "true" : "false")}}, "sym": true, "damp_percent": 0.1,
          "true_sequential": true, "lm_head": false, "checkpoint_format": "{{format}}", "meta": { "quantizer": ["gptqmodel:1.4.0"] } }
        """;

    public static string Compressed(string format, int bits, string strategy, string more = "") => $$"""
        { "quant_method": "compressed-tensors", "format": "{{format}}", "ignore": ["lm_head"],
          "config_groups": { "group_0": { "targets": ["Linear"],
            "weights": { "num_bits": {{bits}}, "type": "int", "symmetric": true, "strategy": "{{strategy}}"{{more}} } } } }
        """;

    /// <summary>A model of the Phi3 class with 64 inputs, 96 in the MLP.</summary>
    public static string Model(string quantization, string architecture = "Phi3ForCausalLM", string modelType = "phi3") => $$"""
        { "architectures": ["{{architecture}}"], "model_type": "{{modelType}}", "hidden_act": "silu", "hidden_size": 64, "intermediate_size": 96, "max_position_embeddings": 64,
          "num_attention_heads": 4, "num_hidden_layers": 2, "num_key_value_heads": 2, "rms_norm_eps": 1e-5, "rope_theta": 10000, "vocab_size": 40,
          "tie_word_embeddings": false, "torch_dtype": "float32", "quantization_config": {{quantization}} }
        """;

    public static ModelConfig Parse(string quantization) => ModelConfigReader.Parse(Encoding.UTF8.GetBytes(Model(quantization)), "config.json");
}
