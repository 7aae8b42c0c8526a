// SPDX-License-Identifier: MIT
namespace Phi4.Core.Configuration;

/// <summary>
/// Reads the rotary embedding: <c>rope_theta</c>, <c>rope_scaling</c> and <c>partial_rotary_factor</c>, or all three inside <c>rope_parameters</c>.
/// </summary>
internal static class RopeConfigReader
{
    public static RopeConfig Read(ConfigObject json, string architecture, int headSize, int maxPositions)
    {
        ConfigObject? parameters = json.OptionalObject("rope_parameters");
        if (parameters is not null && json.Has("rope_scaling"))
        {
            throw json.Refuse("rope_scaling", "nothing beside rope_parameters");
        }

        foreach (string kind in (ReadOnlySpan<string>)["full_attention", "sliding_attention"])
        {
            if (parameters is { } given && given.Has(kind))
            {
                throw given.Refuse(kind, "the same rotary embedding for all layers");
            }
        }

        double theta = Agreed(json, parameters, "rope_theta") ?? throw json.Missing("rope_theta", "a positive number");
        double partial = Agreed(json, parameters, "partial_rotary_factor") ?? 1;
        int rotarySize = ReadRotarySize(json, architecture, headSize, partial);
        ConfigObject? scaling = parameters ?? json.OptionalObject("rope_scaling");
        return new RopeConfig
        {
            Theta = theta,
            RotarySize = rotarySize,
            Scaling = scaling is { } found ? ReadScaling(json, found, architecture, rotarySize, maxPositions, parameters is not null) : null,
        };
    }

    /// <summary>A number from either place; the two must not contradict each other.</summary>
    private static double? Agreed(ConfigObject json, ConfigObject? parameters, string key)
    {
        double? outer = json.OptionalPositiveNumber(key);
        double? inner = parameters?.OptionalPositiveNumber(key);
        return outer is null || inner is null || outer == inner ? inner ?? outer : throw json.Refuse(key, $"rope_parameters.{key} = {inner}");
    }

    private static int ReadRotarySize(ConfigObject json, string architecture, int headSize, double partial)
    {
        if (partial > 1 || (partial != 1 && architecture != "Phi3ForCausalLM"))
        {
            throw json.Refuse("partial_rotary_factor", architecture == "Phi3ForCausalLM" ? "at most 1" : "1 outside Phi3", $"{partial}");
        }

        int rotarySize = (int)(headSize * partial);
        return rotarySize > 0 && rotarySize % 2 == 0
            ? rotarySize
            : throw json.Refuse("partial_rotary_factor", $"an even number of rotated values in a head of {headSize}", $"{rotarySize}");
    }

    private static RopeScaling? ReadScaling(
        ConfigObject json, ConfigObject scaling, string architecture, int rotarySize, int maxPositions, bool typeIsOptional)
    {
        string? type = scaling.OptionalText("rope_type") ?? scaling.OptionalText("type");
        if (Canonical(scaling.OptionalText("type") ?? type, architecture) != Canonical(type, architecture))
        {
            throw scaling.Refuse("type", $"the same as rope_type {scaling.Show("rope_type")}");
        }

        return Canonical(type, architecture) switch
        {
            null when typeIsOptional => null,
            "default" => null,
            "linear" => new LinearRopeScaling(scaling.PositiveNumber("factor")),
            "llama3" => ReadLlama3(scaling),
            "longrope" => ReadLongRope(json, scaling, rotarySize, maxPositions),
            null => throw scaling.Missing("rope_type", "a type of rope scaling"),
            _ => throw scaling.Refuse(
                scaling.Has("rope_type") ? "rope_type" : "type", "\"default\", \"linear\", \"llama3\", \"longrope\" or \"su\""),
        };
    }

    /// <summary>"su" is LongRoPE's first name; the reference Phi3 class also takes "yarn" for it.</summary>
    private static string? Canonical(string? type, string architecture) => type switch
    {
        "su" => "longrope",
        "yarn" when architecture == "Phi3ForCausalLM" => "longrope",
        _ => type,
    };

    private static Llama3RopeScaling ReadLlama3(ConfigObject scaling)
    {
        double low = scaling.PositiveNumber("low_freq_factor");
        double high = scaling.PositiveNumber("high_freq_factor");
        return high > low
            ? new Llama3RopeScaling(
                scaling.PositiveNumber("factor"), low, high, scaling.PositiveInt("original_max_position_embeddings", int.MaxValue))
            : throw scaling.Refuse("high_freq_factor", $"more than low_freq_factor {low}");
    }

    private static LongRopeScaling ReadLongRope(ConfigObject json, ConfigObject scaling, int rotarySize, int maxPositions)
    {
        foreach (string key in (ReadOnlySpan<string>)["short_mscale", "long_mscale"])
        {
            if (scaling.Has(key))
            {
                throw scaling.Refuse(key, "nothing: separate magnitudes are not supported");
            }
        }

        const string OriginalKey = "original_max_position_embeddings";
        int? inner = scaling.OptionalPositiveInt(OriginalKey, int.MaxValue);
        int? outer = json.OptionalPositiveInt(OriginalKey, int.MaxValue);
        if (inner is not null && outer is not null && inner != outer)
        {
            throw scaling.Refuse(OriginalKey, $"the same as the outer {OriginalKey} {outer}");
        }

        int original = inner ?? outer ?? throw json.Missing(OriginalKey, "a positive integer, as the rope scaling is LongRoPE");
        double stretch = scaling.OptionalPositiveNumber("factor") ?? (double)maxPositions / original;
        return new LongRopeScaling(
            scaling.PositiveNumbers("short_factor", rotarySize / 2),
            scaling.PositiveNumbers("long_factor", rotarySize / 2),
            original,
            scaling.OptionalPositiveNumber("attention_factor") ?? AttentionFactor(stretch, original));
    }

    /// <summary>Keeps the attention's entropy when the context is stretched s-fold: sqrt(1 + ln s / ln L0).</summary>
    public static double AttentionFactor(double stretch, int original) =>
        stretch <= 1 || original <= 1 ? 1 : Math.Sqrt(1 + Math.Log(stretch) / Math.Log(original));
}
