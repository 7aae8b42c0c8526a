// SPDX-License-Identifier: MIT
namespace Phi4.Core.Configuration;

/// <summary>Reads how far back a token sees. One window serves all layers or none does: files that mix are refused.</summary>
internal static class SlidingWindowReader
{
    public static int? Read(ConfigObject json, string architecture, int layerCount, int maxPositions)
    {
        int? window = json.OptionalInt("sliding_window", 0, int.MaxValue);
        if (window is 0 || window >= maxPositions)
        {
            window = null;
        }

        if (architecture == "Qwen2ForCausalLM")
        {
            window = ReadQwen2(json, layerCount, window);
        }
        else if (architecture == "LlamaForCausalLM" && window is not null)
        {
            // The reference Llama class never reads the key: a file with a real window was made for something else.
            throw json.Refuse("sliding_window", "none in a Llama model");
        }

        return ApplyLayerTypes(json, layerCount, window);
    }

    private static int? ReadQwen2(ConfigObject json, int layerCount, int? window)
    {
        if (window is null || !json.Flag("use_sliding_window"))
        {
            return null;
        }

        int fullLayers = json.OptionalInt("max_window_layers", 0, int.MaxValue) ?? throw json.Missing("max_window_layers", "an integer");
        if (fullLayers >= layerCount)
        {
            return null;
        }

        return fullLayers == 0 ? window : throw json.Refuse("max_window_layers", $"0 or at least {layerCount} (all layers alike)");
    }

    private static int? ApplyLayerTypes(ConfigObject json, int layerCount, int? window)
    {
        if (json.OptionalTexts("layer_types") is not { } types)
        {
            return window;
        }

        if (types.Count != layerCount)
        {
            throw json.Refuse("layer_types", $"{layerCount} entries", $"{types.Count}");
        }

        if (types.All(type => type == "full_attention"))
        {
            return null;
        }

        bool sliding = types.All(type => type == "sliding_attention");
        return sliding || (window is null && types.All(type => type is "sliding_attention" or "full_attention"))
            ? window
            : throw json.Refuse("layer_types", "\"full_attention\" or \"sliding_attention\", the same for all layers");
    }
}
