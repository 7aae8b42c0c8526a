// SPDX-License-Identifier: MIT
namespace Phi4.Core.Configuration;

/// <summary>What <c>quantization_config</c> says of a checkpoint whose matrices lie in blocks, as docs/quantization.md describes them.</summary>
public sealed record BlockWeightsConfig
{
    /// <summary>The value of <c>quant_method</c>.</summary>
    public const string Method = "phi4-blocks";

    /// <summary>The version that this library reads and writes.</summary>
    public const int Version = 2;

    /// <summary>Inputs that share a scale.</summary>
    public const int BlockSize = 32;

    /// <summary>Rows of a tile.</summary>
    public const int TileRows = 16;

    /// <summary>Entries of a 4-bit table.</summary>
    public const int TableSize = 16;

    /// <summary>The matrices of the layers: Int8 or Int4.</summary>
    public required WeightType Layers { get; init; }

    /// <summary>The head.</summary>
    public required WeightType Head { get; init; }

    internal static BlockWeightsConfig Read(ConfigObject json)
    {
        RequireEqual(json, "version", Version);
        RequireEqual(json, "block_size", BlockSize);
        RequireEqual(json, "tile_rows", TileRows);
        WeightType layers = ReadType(json, "weights", WeightType.Int8, WeightType.Int4);
        WeightType head = ReadType(json, "head", WeightType.AsStored, WeightType.F32, WeightType.BF16, WeightType.F16, WeightType.Int8, WeightType.Int4);
        return new BlockWeightsConfig { Layers = layers, Head = head };
    }

    /// <summary>How configurations and command lines spell a type.</summary>
    internal static string Spell(WeightType type) => type == WeightType.AsStored ? "stored" : type.ToString().ToLowerInvariant();

    private static void RequireEqual(ConfigObject json, string key, int value)
    {
        if (json.OptionalInt(key, 0, int.MaxValue) != value)
        {
            throw json.Refuse(key, $"{value}, the only one that is read");
        }
    }

    private static WeightType ReadType(ConfigObject json, string key, params ReadOnlySpan<WeightType> allowed)
    {
        string? text = json.OptionalText(key);
        foreach (WeightType type in allowed)
        {
            if (Spell(type) == text)
            {
                return type;
            }
        }

        throw json.Refuse(key, $"one of {string.Join(", ", allowed.ToArray().Select(Spell))}");
    }
}
