// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4.Core.Weights.Gguf;

/// <summary>The names that GGUF files give their tensors: the only place that knows them.</summary>
internal static class GgufNames
{
    public const string Embedding = "token_embd.weight";
    public const string Head = "output.weight";

    /// <summary>LongRoPE's divisors, for the configuration.</summary>
    public const string LongFactors = "rope_factors_long.weight";
    public const string ShortFactors = "rope_factors_short.weight";

    /// <summary>Llama 3's divisors, for the configuration.</summary>
    public const string Frequencies = "rope_freqs.weight";

    private const string LayerPrefix = "blk.";

    private static readonly Dictionary<string, Func<int, string>> OfLayer = new(StringComparer.Ordinal)
    {
        ["attn_norm.weight"] = WeightNames.InputNorm,
        ["attn_qkv.weight"] = WeightNames.Qkv,
        ["attn_q.weight"] = WeightNames.Query,
        ["attn_k.weight"] = WeightNames.Key,
        ["attn_v.weight"] = WeightNames.Value,
        ["attn_q.bias"] = WeightNames.QueryBias,
        ["attn_k.bias"] = WeightNames.KeyBias,
        ["attn_v.bias"] = WeightNames.ValueBias,
        ["attn_output.weight"] = WeightNames.Output,
        ["ffn_norm.weight"] = WeightNames.PostAttentionNorm,
        ["ffn_gate.weight"] = WeightNames.Gate,
        ["ffn_up.weight"] = WeightNames.Up,
        ["ffn_down.weight"] = WeightNames.Down,
    };

    /// <summary>The Hugging Face name of a tensor; its own name if there is none.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="isFused"><c>ffn_up</c> holds gate and up: Phi3.</param>
    public static string ToHuggingFace(string name, bool isFused) => name switch
    {
        Embedding => WeightNames.Embedding,
        Head => WeightNames.Head,
        "output_norm.weight" => WeightNames.FinalNorm,
        _ => LayerName(name, isFused) ?? name,
    };

    /// <summary>Rotary divisors, which belong to the configuration rather than to the weights.</summary>
    public static bool IsRotary(string name) => name is LongFactors or ShortFactors or Frequencies;

    private static string? LayerName(string name, bool isFused)
    {
        int dot = name.StartsWith(LayerPrefix, StringComparison.Ordinal) ? name.IndexOf('.', LayerPrefix.Length) : -1;
        if (dot < 0 || !int.TryParse(name.AsSpan(LayerPrefix.Length, dot - LayerPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int layerIndex)
            || !OfLayer.TryGetValue(name[(dot + 1)..], out Func<int, string>? role))
        {
            return null;
        }

        return isFused && role == WeightNames.Up ? WeightNames.GateUp(layerIndex) : role(layerIndex);
    }
}
