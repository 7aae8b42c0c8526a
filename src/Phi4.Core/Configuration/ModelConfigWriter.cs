// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.Kernels;

namespace Phi4.Core.Configuration;

/// <summary>Writes <c>config.json</c>: a given one with another <c>quantization_config</c>, or one for a model whose file had none.</summary>
internal static class ModelConfigWriter
{
    /// <summary>What the key in the file is called.</summary>
    private const string QuantizationKey = "quantization_config";

    private static readonly string[] Replaced = [QuantizationKey, "compression_config", "quantization"];

    /// <summary>Everything that a file says, but the blocks instead of whatever it says of quantization.</summary>
    /// <param name="utf8">The file, as <see cref="ModelConfigReader"/> accepts it.</param>
    /// <param name="blocks">How the matrices lie.</param>
    public static byte[] Rewrite(ReadOnlyMemory<byte> utf8, BlockWeightsConfig blocks)
    {
        using JsonDocument document = JsonDocument.Parse(utf8.Span.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8);
        return Write(json =>
        {
            foreach (JsonProperty property in document.RootElement.EnumerateObject().Where(property => !Replaced.Contains(property.Name)))
            {
                property.WriteTo(json);
            }

            Write(json, blocks);
        });
    }

    /// <summary>A file from which <see cref="ModelConfigReader"/> reads the same configuration with these blocks.</summary>
    public static byte[] Write(ModelConfig config, BlockWeightsConfig blocks) => Write(json =>
    {
        WriteShape(json, config);
        WriteRope(json, config);
        WriteTokens(json, config);
        Write(json, blocks);
    });

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    private static void Write(Utf8JsonWriter json, BlockWeightsConfig blocks)
    {
        json.WriteStartObject(QuantizationKey);
        json.WriteString("quant_method", BlockWeightsConfig.Method);
        json.WriteNumber("version", BlockWeightsConfig.Version);
        json.WriteNumber("block_size", BlockWeightsConfig.BlockSize);
        json.WriteNumber("tile_rows", BlockWeightsConfig.TileRows);
        json.WriteString("weights", BlockWeightsConfig.Spell(blocks.Layers));
        json.WriteString("head", BlockWeightsConfig.Spell(blocks.Head));
        json.WriteEndObject();
    }

    private static void WriteShape(Utf8JsonWriter json, ModelConfig config)
    {
        json.WriteStartArray("architectures");
        json.WriteStringValue(config.Architecture);
        json.WriteEndArray();
        json.WriteString("model_type", config.Architecture switch
        {
            "Phi3ForCausalLM" => "phi3",
            "LlamaForCausalLM" => "llama",
            _ => "qwen2",
        });
        json.WriteString("hidden_act", "silu");
        json.WriteNumber("hidden_size", config.HiddenSize);
        json.WriteNumber("intermediate_size", config.MlpSize);
        json.WriteNumber("num_hidden_layers", config.LayerCount);
        json.WriteNumber("num_attention_heads", config.HeadCount);
        json.WriteNumber("num_key_value_heads", config.KvHeadCount);
        json.WriteNumber("head_dim", config.HeadSize);
        json.WriteNumber("max_position_embeddings", config.MaxPositions);
        json.WriteNumber("vocab_size", config.VocabSize);
        json.WriteNumber("rms_norm_eps", config.RmsNormEpsilon);
        json.WriteBoolean("tie_word_embeddings", config.TieWordEmbeddings);
        json.WriteString("torch_dtype", config.DType switch
        {
            DType.BF16 => "bfloat16",
            DType.F16 => "float16",
            _ => "float32",
        });
        if (config.SlidingWindow is { } window)
        {
            json.WriteNumber("sliding_window", window);
        }

        if (config is { SlidingWindow: not null, Architecture: "Qwen2ForCausalLM" })
        {
            json.WriteBoolean("use_sliding_window", true);
            json.WriteNumber("max_window_layers", 0);
        }
    }

    private static void WriteRope(Utf8JsonWriter json, ModelConfig config)
    {
        json.WriteNumber("rope_theta", config.Rope.Theta);
        if (config.Rope.RotarySize != config.HeadSize)
        {
            // The reader rounds down.
            json.WriteNumber("partial_rotary_factor", Math.BitIncrement((double)config.Rope.RotarySize / config.HeadSize));
        }

        switch (config.Rope.Scaling)
        {
            case LinearRopeScaling linear:
                json.WriteStartObject("rope_scaling");
                json.WriteString("rope_type", "linear");
                json.WriteNumber("factor", linear.Factor);
                json.WriteEndObject();
                break;
            case Llama3RopeScaling llama:
                json.WriteStartObject("rope_scaling");
                json.WriteString("rope_type", "llama3");
                json.WriteNumber("factor", llama.Factor);
                json.WriteNumber("low_freq_factor", llama.LowFrequencyFactor);
                json.WriteNumber("high_freq_factor", llama.HighFrequencyFactor);
                json.WriteNumber("original_max_position_embeddings", llama.OriginalMaxPositions);
                json.WriteEndObject();
                break;
            case LongRopeScaling stretched:
                json.WriteStartObject("rope_scaling");
                json.WriteString("rope_type", "longrope");
                WriteFactors(json, "short_factor", stretched.ShortFactors);
                WriteFactors(json, "long_factor", stretched.LongFactors);
                json.WriteNumber("original_max_position_embeddings", stretched.OriginalMaxPositions);
                json.WriteNumber("attention_factor", stretched.AttentionFactor);
                json.WriteEndObject();
                break;
        }
    }

    private static void WriteFactors(Utf8JsonWriter json, string key, IReadOnlyList<float> factors)
    {
        json.WriteStartArray(key);
        foreach (float factor in factors)
        {
            json.WriteNumberValue(factor);
        }

        json.WriteEndArray();
    }

    private static void WriteTokens(Utf8JsonWriter json, ModelConfig config)
    {
        if (config.BeginTokenId is { } begin)
        {
            json.WriteNumber("bos_token_id", begin);
        }

        json.WriteStartArray("eos_token_id");
        foreach (int token in config.EndTokenIds)
        {
            json.WriteNumberValue(token);
        }

        json.WriteEndArray();
    }
}
