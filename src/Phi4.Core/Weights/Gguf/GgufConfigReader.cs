// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Kernels;

namespace Phi4.Core.Weights.Gguf;

/// <summary>
/// A GGUF file's metadata as a <see cref="ModelConfig"/>: architectures phi3, llama and qwen2. Whatever would change the arithmetic and is not supported
/// is refused by name.
/// </summary>
internal static class GgufConfigReader
{
    private const string ArchitectureKey = "general.architecture";
    private const double DefaultTheta = 10000;

    private static readonly Dictionary<string, string> Families = new(StringComparer.Ordinal)
    {
        ["phi3"] = "Phi3ForCausalLM",
        ["llama"] = "LlamaForCausalLM",
        ["qwen2"] = "Qwen2ForCausalLM",
    };

    /// <exception cref="ModelFormatException">A key is missing, out of its range, or asks for what is not supported.</exception>
    public static ModelConfig Read(GgufFile file)
    {
        GgufMetadata metadata = file.Metadata;
        string family = metadata.OptionalText(ArchitectureKey) ?? throw metadata.Missing(ArchitectureKey, string.Join(", ", Families.Keys));
        string architecture = Families.GetValueOrDefault(family) ?? throw metadata.Refuse(ArchitectureKey, $"one of {string.Join(", ", Families.Keys)}");
        RefuseUnsupported(metadata, family);

        int hiddenSize = metadata.PositiveInt($"{family}.embedding_length", ModelConfigReader.MaxHiddenSize);
        int headCount = metadata.PositiveInt($"{family}.attention.head_count", ModelConfigReader.MaxHeadCount);
        int kvHeadCount = metadata.OptionalInt($"{family}.attention.head_count_kv", 1, ModelConfigReader.MaxHeadCount) ?? headCount;
        if (headCount % kvHeadCount != 0)
        {
            throw metadata.Refuse($"{family}.attention.head_count_kv", $"a divisor of the {headCount} heads");
        }

        int headSize = ReadHeadSize(metadata, family, hiddenSize, headCount);
        int maxPositions = metadata.PositiveInt($"{family}.context_length", ModelConfigReader.MaxMaxPositions);
        int vocabSize = ReadVocabSize(file);
        return new ModelConfig
        {
            Architecture = architecture,
            Layout = family == "phi3" ? ProjectionLayout.Fused : ProjectionLayout.Separate,
            HiddenSize = hiddenSize,
            LayerCount = metadata.PositiveInt($"{family}.block_count", ModelConfigReader.MaxLayerCount),
            HeadCount = headCount,
            KvHeadCount = kvHeadCount,
            HeadSize = headSize,
            MlpSize = metadata.PositiveInt($"{family}.feed_forward_length", ModelConfigReader.MaxRows),
            VocabSize = vocabSize,
            RmsNormEpsilon = (float)metadata.PositiveNumber($"{family}.attention.layer_norm_rms_epsilon"),
            Rope = ReadRope(file, family, headSize, maxPositions),
            MaxPositions = maxPositions,
            SlidingWindow = ReadWindow(metadata, family, maxPositions),
            TieWordEmbeddings = file.Find(GgufNames.Head) is null,
            QkvBias = family == "qwen2",
            DType = GgufBlocks.FloatType(file.Tensors.MaxBy(tensor => tensor.ByteCount)!.Type) ?? DType.F16,
            BeginTokenId = metadata.OptionalInt("tokenizer.ggml.bos_token_id", 0, vocabSize - 1),
            EndTokenIds = ReadEndTokens(metadata, vocabSize),
        };
    }

    private static void RefuseUnsupported(GgufMetadata metadata, string family)
    {
        if (metadata.OptionalInt("split.count", 0, ushort.MaxValue) > 1)
        {
            throw metadata.Refuse("split.count", "one file: parts must be merged first (llama-gguf-split --merge)");
        }

        foreach (string key in (ReadOnlySpan<string>)["expert_count", "attention.clamp_kqv", "logit_scale", "residual_scale", "embedding_scale", "attention.scale"])
        {
            string full = $"{family}.{key}";
            if (metadata.Has(full) && metadata.Show(full) != "0")
            {
                throw metadata.Refuse(full, "none");
            }
        }
    }

    private static int ReadHeadSize(GgufMetadata metadata, string family, int hiddenSize, int headCount)
    {
        int? key = metadata.OptionalInt($"{family}.attention.key_length", 1, ModelConfigReader.MaxHeadSize);
        int? value = metadata.OptionalInt($"{family}.attention.value_length", 1, ModelConfigReader.MaxHeadSize);
        if (key is null && hiddenSize % headCount != 0)
        {
            throw metadata.Refuse($"{family}.attention.head_count", $"a divisor of the hidden size {hiddenSize}");
        }

        int headSize = key ?? hiddenSize / headCount;
        return headSize > ModelConfigReader.MaxHeadSize
            ? throw metadata.Refuse($"{family}.attention.head_count", $"heads of at most {ModelConfigReader.MaxHeadSize} values", $"{headSize}")
            : (value ?? headSize) == headSize ? headSize : throw metadata.Refuse($"{family}.attention.value_length", $"{headSize}, as the keys");
    }

    private static int ReadVocabSize(GgufFile file)
    {
        GgufTensor embedding = file.Find(GgufNames.Embedding)
            ?? throw new ModelFormatException(file.Path, GgufNames.Embedding, "the embedding", "no such tensor");
        return embedding.Rows <= ModelConfigReader.MaxRows
            ? (int)embedding.Rows
            : throw new ModelFormatException(file.Path, embedding.Name, $"at most {ModelConfigReader.MaxRows} rows", embedding.Signature);
    }

    private static int? ReadWindow(GgufMetadata metadata, string family, int maxPositions)
    {
        string key = $"{family}.attention.sliding_window";
        int? window = metadata.OptionalInt(key, 0, int.MaxValue);
        if (window is null or 0 || window >= maxPositions)
        {
            return null;
        }

        return family == "phi3" ? window : throw metadata.Refuse(key, $"none in a {family} model");
    }

    private static RopeConfig ReadRope(GgufFile file, string family, int headSize, int maxPositions)
    {
        GgufMetadata metadata = file.Metadata;
        string sizeKey = $"{family}.rope.dimension_count";
        int rotarySize = metadata.OptionalInt(sizeKey, 2, headSize) ?? headSize;
        if (rotarySize % 2 != 0 || (rotarySize != headSize && family != "phi3"))
        {
            throw metadata.Refuse(sizeKey, family == "phi3" ? "an even number" : $"{headSize}, the whole head");
        }

        return new RopeConfig
        {
            Theta = metadata.OptionalPositiveNumber($"{family}.rope.freq_base") ?? DefaultTheta,
            RotarySize = rotarySize,
            Scaling = ReadScaling(file, family, rotarySize, maxPositions),
        };
    }

    private static RopeScaling? ReadScaling(GgufFile file, string family, int rotarySize, int maxPositions)
    {
        GgufMetadata metadata = file.Metadata;
        if (file.Find(GgufNames.Frequencies) is { } frequencies)
        {
            // One list for every length says what Llama 3's scaling comes to.
            float[] divisors = Factors(file, frequencies, rotarySize);
            return new LongRopeScaling(divisors, divisors, maxPositions, 1);
        }

        string typeKey = $"{family}.rope.scaling.type";
        string? type = metadata.OptionalText(typeKey);
        GgufTensor? longFactors = file.Find(GgufNames.LongFactors), shortFactors = file.Find(GgufNames.ShortFactors);
        if (longFactors is not null && shortFactors is not null && type is null or "none" or "longrope")
        {
            string originalKey = $"{family}.rope.scaling.original_context_length";
            int original = metadata.PositiveInt(originalKey, ModelConfigReader.MaxMaxPositions);
            double attention = metadata.OptionalPositiveNumber($"{family}.rope.scaling.attn_factor")
                ?? RopeConfigReader.AttentionFactor((double)maxPositions / original, original);
            return new LongRopeScaling(Factors(file, shortFactors, rotarySize), Factors(file, longFactors, rotarySize), original, attention);
        }

        return type switch
        {
            null or "none" => null,
            "linear" => new LinearRopeScaling(metadata.PositiveNumber($"{family}.rope.scaling.factor")),
            _ => throw metadata.Refuse(typeKey, $"\"none\", \"linear\", or \"longrope\" with the tensors {GgufNames.LongFactors} and {GgufNames.ShortFactors}"),
        };
    }

    private static float[] Factors(GgufFile file, GgufTensor tensor, int rotarySize)
    {
        if (tensor.Type != GgufType.F32 || tensor.Shape is not [long size] || size != rotarySize / 2)
        {
            throw new ModelFormatException(file.Path, tensor.Name, $"F32 [{rotarySize / 2}]", tensor.Signature);
        }

        float[] factors = file.Values(tensor);
        int bad = Array.FindIndex(factors, factor => !(factor > 0 && float.IsFinite(factor)));
        return bad < 0 ? factors : throw new ModelFormatException(file.Path, tensor.Name, "positive numbers", $"{factors[bad]} at {bad}");
    }

    private static List<int> ReadEndTokens(GgufMetadata metadata, int vocabSize)
    {
        var tokens = new List<int>();
        foreach (string key in (ReadOnlySpan<string>)["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"])
        {
            if (metadata.OptionalInt(key, 0, vocabSize - 1) is { } token && !tokens.Contains(token))
            {
                tokens.Add(token);
            }
        }

        return tokens;
    }
}
