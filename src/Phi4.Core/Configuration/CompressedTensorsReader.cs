// SPDX-License-Identifier: MIT
namespace Phi4.Core.Configuration;

/// <summary>Reads the <c>quantization_config</c> of compressed-tensors (llm-compressor, the publisher RedHatAI).</summary>
internal static class CompressedTensorsReader
{
    /// <summary>Why settings of activations don't matter.</summary>
    public const string OwnActivations = "not used, activations are rounded as docs/numerics.md says";

    private const int MaxBlock = 1 << 20;

    private static readonly string[] Activations = ["input_activations", "output_activations"];

    public static PackedWeightsConfig Read(ConfigObject json)
    {
        RefuseUnlessEmpty(json, "transform_config", "no transformations of weights");
        if (json.OptionalObject("sparsity_config") is { } sparsity && sparsity.Names.Count > 0 && sparsity.OptionalText("format") is not (null or "dense"))
        {
            throw sparsity.Refuse("format", "\"dense\": sparse weights are not read");
        }

        string format = json.OptionalText("format") ?? throw json.Missing("format", "how the weights are stored");
        ConfigObject groups = json.OptionalObject("config_groups") ?? throw json.Missing("config_groups", "at least one group");
        PackedWeightsConfig? result = null;
        List<string> unused = [];
        foreach (string name in groups.Names)
        {
            ConfigObject group = groups.OptionalObject(name)!.Value;
            PackedWeightsConfig one = ReadGroup(group, format);
            if (result is not null && result != one)
            {
                throw groups.Refuse(name, $"weights like those of the other groups, {result.Description}", one.Description);
            }

            result = one;
            foreach (string key in Activations.Where(group.Has))
            {
                unused.Add($"{key} {Describe(group.OptionalObject(key)!.Value)}: {OwnActivations}");
            }
        }

        if (json.OptionalObject("kv_cache_scheme") is { } cache)
        {
            unused.Add($"kv_cache_scheme {Describe(cache)}: not used, keys and values are kept as the load options say");
        }

        return result is null ? throw json.Missing("config_groups", "at least one group") : result with { Unused = [.. unused.Distinct()] };
    }

    private static PackedWeightsConfig ReadGroup(ConfigObject group, string format)
    {
        if (group.OptionalText("format") is { } own && own != format)
        {
            throw group.Refuse("format", $"\"{format}\", the format of the whole");
        }

        ConfigObject weights = group.OptionalObject("weights") ?? throw group.Missing("weights", "how weights are quantized");
        string type = weights.OptionalText("type") ?? "int";
        if (weights.Flag("dynamic"))
        {
            throw weights.Refuse("dynamic", "false");
        }

        (int? columns, int rows, string scales) = ReadStrategy(weights);
        PackedWeightsConfig config = (format, type) switch
        {
            ("pack-quantized", "int") => new() { Layout = PackedLayout.RowWords, Bits = PackedWeightsReader.Bits(weights, "num_bits", 4, 8), Description = "" },
            ("int-quantized" or "naive-quantized", "int") => new() { Layout = PackedLayout.Integers, Bits = PackedWeightsReader.Bits(weights, "num_bits", 8), Description = "" },
            ("float-quantized" or "naive-quantized", "float") => new() { Layout = PackedLayout.Float8, Bits = PackedWeightsReader.Bits(weights, "num_bits", 8), Description = "" },
            _ => throw group.Refuse("weights", "pack-quantized or int-quantized integers, or float-quantized 8-bit floats", $"{format} with type {type}"),
        };
        return rows != 1 && config.Layout != PackedLayout.Float8
            ? throw weights.Refuse("strategy", "group, channel or tensor")
            : config with
            {
                GroupSize = columns,
                GroupRows = rows,
                Description = $"compressed-tensors {format}, {(type == "float" ? "FP8 (E4M3)" : $"{config.Bits} bits")}, {scales}",
            };
    }

    private static (int? Columns, int Rows, string Words) ReadStrategy(ConfigObject weights)
    {
        string strategy = weights.OptionalText("strategy") ?? (weights.Has("group_size") ? "group" : "tensor");
        switch (strategy)
        {
            case "tensor":
                return (null, 1, "a scale for a matrix");
            case "channel":
                return (null, 1, PackedWeightsReader.Groups(null));
            case "group":
                int? size = PackedWeightsReader.GroupSize(weights, "group_size");
                return (size, 1, PackedWeightsReader.Groups(size));
            case "block":
                IReadOnlyList<int> block = weights.Integers("block_structure", 2, 1, MaxBlock);
                return (block[1], block[0], $"a scale for {block[0]} x {block[1]}");
            default:
                throw weights.Refuse("strategy", "tensor, channel, group or block");
        }
    }

    private static string Describe(ConfigObject scheme) =>
        $"({scheme.OptionalInt("num_bits", 1, 32) ?? 8}-bit {scheme.OptionalText("type") ?? "int"}, {(scheme.Show("dynamic") == "true" ? "dynamic" : "static")})";

    private static void RefuseUnlessEmpty(ConfigObject json, string key, string expected)
    {
        if (json.OptionalObject(key) is { Names.Count: > 0 })
        {
            throw json.Refuse(key, expected);
        }
    }
}
