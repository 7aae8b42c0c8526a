// SPDX-License-Identifier: MIT
using System.Text.Json.Nodes;

namespace Phi4.Core.Tests.Configuration;

/// <summary>config.json of phi-4 and its siblings, as published; LongRoPE factor lists are shortened to a rule where their values do not matter.</summary>
internal static class SiblingConfigs
{
    /// <summary>microsoft/phi-4, word for word.</summary>
    public const string Phi4 = """
        {
          "_name_or_path": "microsoft/phi-4",
          "architectures": ["Phi3ForCausalLM"],
          "attention_bias": false,
          "attention_dropout": 0.0,
          "bos_token_id": 100257,
          "embd_pdrop": 0.0,
          "eos_token_id": 100265,
          "hidden_act": "silu",
          "hidden_size": 5120,
          "initializer_range": 0.02,
          "intermediate_size": 17920,
          "max_position_embeddings": 16384,
          "model_type": "phi3",
          "num_attention_heads": 40,
          "num_hidden_layers": 40,
          "num_key_value_heads": 10,
          "original_max_position_embeddings": 16384,
          "pad_token_id": 100349,
          "resid_pdrop": 0.0,
          "rms_norm_eps": 1e-05,
          "rope_scaling": null,
          "rope_theta": 250000,
          "sliding_window": null,
          "tie_word_embeddings": false,
          "torch_dtype": "bfloat16",
          "transformers_version": "4.47.0",
          "use_cache": true,
          "vocab_size": 100352
        }
        """;

    public static string Phi4Reasoning => Edit(Phi4, """{ "rope_theta": 500000, "max_position_embeddings": 32768, "original_max_position_embeddings": 32768 }""");

    /// <summary>phi-4 as newer tools write it.</summary>
    public static string Phi4NewSpelling => Edit(
        Phi4, """{ "dtype": "bfloat16", "rope_parameters": { "rope_theta": 250000, "rope_type": "default" } }""", "torch_dtype", "rope_theta", "rope_scaling");

    public static string Phi4Mini => Edit(Phi4, $$"""
        {
          "hidden_size": 3072, "num_hidden_layers": 32, "num_attention_heads": 24, "num_key_value_heads": 8, "intermediate_size": 8192,
          "vocab_size": 200064, "max_position_embeddings": 131072, "original_max_position_embeddings": 4096, "rope_theta": 10000.0,
          "partial_rotary_factor": 0.75, "tie_word_embeddings": true, "sliding_window": 262144, "full_attn_mod": 1, "interpolate_factor": 1,
          "lm_head_bias": false, "mlp_bias": false, "bos_token_id": 199999, "eos_token_id": 199999, "pad_token_id": 199999,
          "rope_scaling": { "type": "longrope", "short_factor": {{Factors(48, 1)}}, "long_factor": {{Factors(48, 2)}} }
        }
        """);

    public static string Phi3Mini4K => Edit(Phi4, """
        {
          "hidden_size": 3072, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32, "intermediate_size": 8192,
          "vocab_size": 32064, "max_position_embeddings": 4096, "original_max_position_embeddings": 4096, "rope_theta": 10000.0,
          "sliding_window": 2047, "bos_token_id": 1, "eos_token_id": 32000, "pad_token_id": 32000
        }
        """);

    public static string Phi3Medium128K => Edit(Phi4, $$"""
        {
          "vocab_size": 32064, "max_position_embeddings": 131072, "original_max_position_embeddings": 4096, "rope_theta": 10000.0,
          "sliding_window": 131072, "bos_token_id": 1, "eos_token_id": 32000, "pad_token_id": null,
          "rope_scaling": { "type": "su", "short_factor": {{Factors(64, 1)}}, "long_factor": {{Factors(64, 2)}} }
        }
        """);

    public const string UnslothPhi4 = """
        {
          "architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 100257, "eos_token_id": 100265,
          "head_dim": 128, "hidden_act": "silu", "hidden_size": 5120, "initializer_range": 0.02, "intermediate_size": 17920,
          "max_position_embeddings": 16384, "mlp_bias": false, "model_type": "llama", "num_attention_heads": 40, "num_hidden_layers": 40,
          "num_key_value_heads": 10, "pad_token_id": 100351, "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_scaling": null,
          "rope_theta": 250000, "tie_word_embeddings": false, "torch_dtype": "bfloat16", "use_cache": true, "vocab_size": 100352
        }
        """;

    public const string Llama70B = """
        {
          "architectures": ["LlamaForCausalLM"], "attention_bias": false, "bos_token_id": 128000, "eos_token_id": [128001, 128008, 128009],
          "head_dim": 128, "hidden_act": "silu", "hidden_size": 8192, "intermediate_size": 28672, "max_position_embeddings": 131072,
          "mlp_bias": false, "model_type": "llama", "num_attention_heads": 64, "num_hidden_layers": 80, "num_key_value_heads": 8,
          "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_theta": 500000.0, "tie_word_embeddings": false, "torch_dtype": "bfloat16",
          "rope_scaling": { "factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 8192, "rope_type": "llama3" },
          "use_cache": true, "vocab_size": 128256
        }
        """;

    public const string Qwen14B = """
        {
          "architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 151643, "eos_token_id": 151645, "hidden_act": "silu",
          "hidden_size": 5120, "intermediate_size": 13824, "max_position_embeddings": 32768, "max_window_layers": 70, "model_type": "qwen2",
          "num_attention_heads": 40, "num_hidden_layers": 48, "num_key_value_heads": 8, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0,
          "sliding_window": 131072, "tie_word_embeddings": false, "torch_dtype": "bfloat16", "use_cache": true, "use_sliding_window": false,
          "vocab_size": 152064
        }
        """;

    /// <summary>A configuration with keys set and removed.</summary>
    public static string Edit(string json, string changes, params string[] removed)
    {
        JsonObject root = JsonNode.Parse(json)!.AsObject();
        foreach ((string key, JsonNode? value) in JsonNode.Parse(changes)!.AsObject())
        {
            root[key] = value?.DeepClone();
        }

        foreach (string key in removed)
        {
            root.Remove(key);
        }

        return root.ToJsonString();
    }

    private static string Factors(int count, int slope) =>
        $"[{string.Join(", ", Enumerable.Range(0, count).Select(i => FormattableString.Invariant($"{1 + i * (slope - 1) / 8.0}")))}]";
}
