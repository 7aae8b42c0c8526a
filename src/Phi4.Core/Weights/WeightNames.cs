// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4.Core.Weights;

/// <summary>The names that checkpoints give their tensors: the only place that knows them.</summary>
internal static class WeightNames
{
    public const string Embedding = "model.embed_tokens.weight";
    public const string FinalNorm = "model.norm.weight";
    public const string Head = "lm_head.weight";

    public static string InputNorm(int layerIndex) => Layer(layerIndex, "input_layernorm.weight");

    public static string PostAttentionNorm(int layerIndex) => Layer(layerIndex, "post_attention_layernorm.weight");

    /// <summary>Rows Q, K, V.</summary>
    public static string Qkv(int layerIndex) => Layer(layerIndex, "self_attn.qkv_proj.weight");

    public static string Query(int layerIndex) => Layer(layerIndex, "self_attn.q_proj.weight");

    public static string Key(int layerIndex) => Layer(layerIndex, "self_attn.k_proj.weight");

    public static string Value(int layerIndex) => Layer(layerIndex, "self_attn.v_proj.weight");

    public static string QueryBias(int layerIndex) => Layer(layerIndex, "self_attn.q_proj.bias");

    public static string KeyBias(int layerIndex) => Layer(layerIndex, "self_attn.k_proj.bias");

    public static string ValueBias(int layerIndex) => Layer(layerIndex, "self_attn.v_proj.bias");

    public static string Output(int layerIndex) => Layer(layerIndex, "self_attn.o_proj.weight");

    /// <summary>Rows gate, up.</summary>
    public static string GateUp(int layerIndex) => Layer(layerIndex, "mlp.gate_up_proj.weight");

    public static string Gate(int layerIndex) => Layer(layerIndex, "mlp.gate_proj.weight");

    public static string Up(int layerIndex) => Layer(layerIndex, "mlp.up_proj.weight");

    public static string Down(int layerIndex) => Layer(layerIndex, "mlp.down_proj.weight");

    /// <summary>The blocks of a quantized matrix.</summary>
    public static string Blocks(string name) => $"{name}.blocks";

    /// <summary>What the 4-bit codes of a matrix stand for, where it isn't what the configuration says.</summary>
    public static string Table(string name) => $"{name}.table";

    /// <summary>A buffer that old checkpoints carry; it follows from the configuration.</summary>
    public static bool IsRotaryBuffer(string name) => name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal);

    private static string Layer(int layerIndex, string rest) => string.Create(CultureInfo.InvariantCulture, $"model.layers.{layerIndex}.{rest}");
}
