// SPDX-License-Identifier: MIT
namespace Phi4.Core.Configuration;

/// <summary>
/// Reads <c>quantization_config</c> of quantized checkpoints of the hub. Which matrix is quantized and which isn't shows in the files, so lists of skipped
/// modules are not needed; what would change a value and isn't known is refused by name.
/// </summary>
internal static class PackedWeightsReader
{
    /// <summary>Methods that are read, beside our own.</summary>
    public const string Methods = "compressed-tensors, fp8, gptq, awq, bitsandbytes";

    private const int MaxGroupSize = 1 << 20;

    public static PackedWeightsConfig Read(ConfigObject json) => json.OptionalText("quant_method") switch
    {
        "compressed-tensors" => CompressedTensorsReader.Read(json),
        "fp8" => ReadFloat8(json),
        "gptq" => ReadGptq(json),
        "awq" => ReadAwq(json),
        "bitsandbytes" => ReadBitsAndBytes(json),
        _ => throw json.Refuse("quant_method", $"one of {Methods}, {BlockWeightsConfig.Method}"),
    };

    /// <summary>Inputs of a group; -1 stands for a whole row.</summary>
    public static int? GroupSize(ConfigObject json, string key)
    {
        int size = json.OptionalInt(key, -1, MaxGroupSize) ?? throw json.Missing(key, "inputs of a group, or -1");
        return size == 0 ? throw json.Refuse(key, "inputs of a group, or -1") : size == -1 ? null : size;
    }

    public static int Bits(ConfigObject json, string key, params ReadOnlySpan<int> allowed)
    {
        int? bits = json.OptionalInt(key, 1, 32);
        return bits is { } found && allowed.Contains(found) ? found : throw json.Refuse(key, $"{string.Join(" or ", allowed.ToArray())}, which is what is read of this kind");
    }

    public static string Groups(int? size) => size is { } inputs ? $"a scale for {inputs} inputs" : "a scale for a row";

    private static PackedWeightsConfig ReadGptq(ConfigObject json)
    {
        int bits = Bits(json, "bits", 4, 8);
        int? group = GroupSize(json, "group_size");
        string format = json.OptionalText("checkpoint_format") ?? "gptq";
        if (format is not ("gptq" or "gptq_v2"))
        {
            throw json.Refuse("checkpoint_format", "\"gptq\" or \"gptq_v2\"");
        }

        if (json.Flag("is_marlin_format"))
        {
            throw json.Refuse("is_marlin_format", "false: the Marlin layout is not read");
        }

        if (json.OptionalText("pack_dtype") is not (null or "int32"))
        {
            throw json.Refuse("pack_dtype", "\"int32\"");
        }

        if (json.Has("adapter"))
        {
            throw json.Refuse("adapter", "none");
        }

        // Names after "-:" are modules that stay floats; others have bits and groups of their own.
        if (json.OptionalObject("dynamic") is { } dynamic && dynamic.Names.FirstOrDefault(name => !name.StartsWith("-:", StringComparison.Ordinal)) is { } own)
        {
            throw dynamic.Refuse(own, "no modules with settings of their own");
        }

        return new PackedWeightsConfig
        {
            Layout = PackedLayout.Gptq,
            Bits = bits,
            GroupSize = group,
            HasZerosLessOne = format == "gptq",
            Description = $"GPTQ{(format == "gptq" ? "" : " v2")}, {bits} bits, {Groups(group)}",
        };
    }

    private static PackedWeightsConfig ReadAwq(ConfigObject json)
    {
        int bits = Bits(json, json.Has("w_bit") ? "w_bit" : "bits", 4);
        int? group = GroupSize(json, json.Has("q_group_size") ? "q_group_size" : "group_size");
        string version = json.OptionalText("version") ?? "gemm";
        return version.Equals("gemm", StringComparison.OrdinalIgnoreCase)
            ? new PackedWeightsConfig { Layout = PackedLayout.Awq, Bits = bits, GroupSize = group, Description = $"AWQ, {bits} bits, {Groups(group)}" }
            : throw json.Refuse("version", "\"gemm\"");
    }

    private static PackedWeightsConfig ReadFloat8(ConfigObject json)
    {
        if (json.OptionalText("fmt") is not (null or "e4m3" or "float8_e4m3fn"))
        {
            throw json.Refuse("fmt", "\"e4m3\"");
        }

        IReadOnlyList<int>? block = json.Has("weight_block_size") ? json.Integers("weight_block_size", 2, 1, MaxGroupSize) : null;
        return new PackedWeightsConfig
        {
            Layout = PackedLayout.Float8,
            Bits = 8,
            GroupRows = block?[0] ?? 1,
            GroupSize = block?[1],
            Description = block is null ? "FP8 (E4M3), a scale for a matrix" : $"FP8 (E4M3), a scale for {block[0]} x {block[1]}",
            Unused = json.OptionalText("activation_scheme") is { } scheme ? [$"activation_scheme {scheme}: {CompressedTensorsReader.OwnActivations}"] : [],
        };
    }

    private static PackedWeightsConfig ReadBitsAndBytes(ConfigObject json)
    {
        if (json.Flag("load_in_8bit"))
        {
            throw json.Refuse("load_in_8bit", "false: of bitsandbytes only 4-bit weights are read; an unquantized checkpoint with --weights int8 gives the same size");
        }

        if (!json.Flag("load_in_4bit"))
        {
            throw json.Refuse("load_in_4bit", "true");
        }

        string type = json.OptionalText("bnb_4bit_quant_type") ?? "fp4";
        if (type is not ("nf4" or "fp4"))
        {
            throw json.Refuse("bnb_4bit_quant_type", "\"nf4\" or \"fp4\"");
        }

        return json.OptionalText("bnb_4bit_quant_storage") is null or "uint8"
            ? new PackedWeightsConfig { Layout = PackedLayout.Codebook, Bits = 4, Description = $"bitsandbytes {type.ToUpperInvariant()}" }
            : throw json.Refuse("bnb_4bit_quant_storage", "\"uint8\"");
    }
}
