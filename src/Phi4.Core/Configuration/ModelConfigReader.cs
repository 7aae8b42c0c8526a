// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.Core.Configuration;

/// <summary>
/// Reads <c>config.json</c> of the Phi3, Llama and Qwen2 families, in the spelling of transformers 4 (<c>rope_theta</c>, <c>torch_dtype</c>)
/// and 5 (<c>rope_parameters</c>, <c>dtype</c>). Whatever would change the arithmetic and is not supported is refused by name.
/// </summary>
public static class ModelConfigReader
{
    /// <summary>The file's usual name.</summary>
    public const string FileName = "config.json";

    private const string QuantizationKey = "quantization_config";

    // Far above every published model, and low enough that no product of sizes leaves a 64-bit integer.
    internal const int MaxHiddenSize = 1 << 20;
    internal const int MaxLayerCount = 1 << 12;
    internal const int MaxHeadCount = 1 << 14;
    internal const int MaxHeadSize = 1 << 12;
    internal const int MaxRows = 1 << 24;
    internal const int MaxMaxPositions = 1 << 30;

    private static readonly (string Architecture, string ModelType)[] Families =
        [("Phi3ForCausalLM", "phi3"), ("LlamaForCausalLM", "llama"), ("Qwen2ForCausalLM", "qwen2")];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The JSON file itself.</param>
    /// <exception cref="ModelFormatException">The file is missing, malformed, or asks for what is not supported.</exception>
    public static ModelConfig Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Parse(ConfigObject.ReadFile(path), path);
    }

    /// <summary>Reads the text of a file.</summary>
    /// <param name="utf8">JSON.</param>
    /// <param name="file">Name for messages.</param>
    /// <exception cref="ModelFormatException">The text is malformed or asks for what is not supported.</exception>
    public static ModelConfig Parse(ReadOnlyMemory<byte> utf8, string file)
    {
        ConfigObject json = ConfigObject.Parse(utf8, file);
        string architecture = ReadArchitecture(json);
        RefuseUnsupported(json, architecture);

        int hiddenSize = json.PositiveInt("hidden_size", MaxHiddenSize);
        int layerCount = json.PositiveInt("num_hidden_layers", MaxLayerCount);
        int headCount = json.PositiveInt("num_attention_heads", MaxHeadCount);
        int kvHeadCount = json.OptionalPositiveInt("num_key_value_heads", MaxHeadCount) ?? headCount;
        if (headCount % kvHeadCount != 0)
        {
            throw json.Refuse("num_key_value_heads", $"a divisor of num_attention_heads {headCount}");
        }

        int headSize = ReadHeadSize(json, hiddenSize, headCount);
        int maxPositions = json.PositiveInt("max_position_embeddings", MaxMaxPositions);
        int vocabSize = json.PositiveInt("vocab_size", MaxRows);
        return new ModelConfig
        {
            Architecture = architecture,
            Layout = architecture == "Phi3ForCausalLM" ? ProjectionLayout.Fused : ProjectionLayout.Separate,
            HiddenSize = hiddenSize,
            LayerCount = layerCount,
            HeadCount = headCount,
            KvHeadCount = kvHeadCount,
            HeadSize = headSize,
            MlpSize = json.PositiveInt("intermediate_size", MaxRows),
            VocabSize = vocabSize,
            RmsNormEpsilon = (float)json.PositiveNumber("rms_norm_eps"),
            Rope = RopeConfigReader.Read(json, architecture, headSize, maxPositions),
            MaxPositions = maxPositions,
            SlidingWindow = SlidingWindowReader.Read(json, architecture, layerCount, maxPositions),
            TieWordEmbeddings = json.Flag("tie_word_embeddings"),
            QkvBias = architecture == "Qwen2ForCausalLM",
            DType = ReadDType(json),
            BlockWeights = ReadBlockWeights(json),
            PackedWeights = ReadPackedWeights(json),
            BeginTokenId = json.OptionalInt("bos_token_id", 0, vocabSize - 1),
            EndTokenIds = json.TokenIds("eos_token_id", vocabSize),
        };
    }

    private static string ReadArchitecture(ConfigObject json)
    {
        string known = string.Join(", ", Families.Select(family => family.Architecture));
        string? modelType = json.OptionalText("model_type");
        string? named = json.OptionalTexts("architectures") is [string only] ? only : null;
        if (named is null && json.Has("architectures"))
        {
            throw json.Refuse("architectures", $"one of {known}");
        }

        if (named is null && modelType is null)
        {
            throw json.Missing("architectures", $"one of {known}");
        }

        foreach ((string architecture, string type) in Families)
        {
            if (architecture == named || (named is null && type == modelType))
            {
                return modelType is null || modelType == type ? architecture : throw json.Refuse("model_type", $"\"{type}\" for {architecture}");
            }
        }

        throw json.Refuse(named is null ? "model_type" : "architectures", $"one of {known}");
    }

    /// <summary>Keys that change the arithmetic in ways the forward pass does not have.</summary>
    private static void RefuseUnsupported(ConfigObject json, string architecture)
    {
        foreach (string key in (ReadOnlySpan<string>)["quantization", "compression_config"])
        {
            if (json.Has(key))
            {
                throw json.Refuse(key, "unquantized weights");
            }
        }

        // Qwen2's class has biases on q, k and v whatever the file says; the others read or forbid the flag.
        string[] flags = architecture == "Qwen2ForCausalLM" ? ["mlp_bias", "lm_head_bias"] : ["attention_bias", "mlp_bias", "lm_head_bias"];
        foreach (string key in flags)
        {
            if (json.Flag(key))
            {
                throw json.Refuse(key, "false");
            }
        }

        string? activation = json.OptionalText("hidden_act");
        if (activation != "silu")
        {
            throw json.Refuse("hidden_act", "\"silu\"");
        }
    }

    private static BlockWeightsConfig? ReadBlockWeights(ConfigObject json) =>
        json.OptionalObject(QuantizationKey) is { } quantization && HasBlocks(quantization) ? BlockWeightsConfig.Read(quantization) : null;

    private static PackedWeightsConfig? ReadPackedWeights(ConfigObject json) =>
        json.OptionalObject(QuantizationKey) is { } quantization && !HasBlocks(quantization) ? PackedWeightsReader.Read(quantization) : null;

    private static bool HasBlocks(ConfigObject quantization) => quantization.OptionalText("quant_method") == BlockWeightsConfig.Method;

    private static int ReadHeadSize(ConfigObject json, int hiddenSize, int headCount)
    {
        int? given = json.OptionalPositiveInt("head_dim", MaxHeadSize);
        if (given is null && hiddenSize % headCount != 0)
        {
            throw json.Refuse("num_attention_heads", $"a divisor of hidden_size {hiddenSize}, as there is no head_dim");
        }

        int headSize = given ?? hiddenSize / headCount;
        return headSize <= MaxHeadSize ? headSize : throw json.Refuse("num_attention_heads", $"heads of at most {MaxHeadSize} values", $"{headSize}");
    }

    private static DType ReadDType(ConfigObject json)
    {
        string key = json.Has("dtype") ? "dtype" : "torch_dtype";
        return json.OptionalText(key) switch
        {
            "bfloat16" => DType.BF16,
            "float16" => DType.F16,
            "float32" or null => DType.F32,
            _ => throw json.Refuse(key, "\"bfloat16\", \"float16\" or \"float32\""),
        };
    }
}
