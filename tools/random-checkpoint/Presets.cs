// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4.RandomCheckpoint;

/// <summary>Configurations that are often wanted: phi-4's own, and smaller ones of its proportions.</summary>
internal static class Presets
{
    /// <exception cref="ArgumentException">There is no such preset.</exception>
    public static string Config(string name) => name switch
    {
        "phi-4" => Phi4(hidden: 5120, layers: 40, heads: 40, kvHeads: 10, vocab: 100352, begin: 100257, end: 100265, pad: 100349),
        "phi-4-1.3b" => Phi4(hidden: 2048, layers: 16, heads: 16, kvHeads: 4, vocab: 100352, begin: 100257, end: 100265, pad: 100349),
        "tiny" => Phi4(hidden: 128, layers: 2, heads: 4, kvHeads: 1, vocab: 512, begin: 1, end: 2, pad: 0),
        _ => throw new ArgumentException($"There is no preset {name}; phi-4, phi-4-1.3b and tiny are known."),
    };

    private static string Phi4(int hidden, int layers, int heads, int kvHeads, int vocab, int begin, int end, int pad) =>
        string.Create(CultureInfo.InvariantCulture, $$"""
            {
              "architectures": ["Phi3ForCausalLM"],
              "attention_bias": false,
              "bos_token_id": {{begin}},
              "eos_token_id": {{end}},
              "hidden_act": "silu",
              "hidden_size": {{hidden}},
              "initializer_range": 0.02,
              "intermediate_size": {{hidden / 2 * 7}},
              "max_position_embeddings": 16384,
              "model_type": "phi3",
              "num_attention_heads": {{heads}},
              "num_hidden_layers": {{layers}},
              "num_key_value_heads": {{kvHeads}},
              "original_max_position_embeddings": 16384,
              "pad_token_id": {{pad}},
              "rms_norm_eps": 1e-05,
              "rope_scaling": null,
              "rope_theta": 250000,
              "sliding_window": null,
              "tie_word_embeddings": false,
              "torch_dtype": "bfloat16",
              "vocab_size": {{vocab}}
            }

            """);
}
