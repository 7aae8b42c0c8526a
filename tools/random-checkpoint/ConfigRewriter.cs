// SPDX-License-Identifier: MIT
using System.Text.Json;
using System.Text.Json.Nodes;
using Phi4.Core.Configuration;
using Phi4.Kernels;

namespace Phi4.RandomCheckpoint;

/// <summary>Changes a config.json so that it describes the same model in another layout or element type.</summary>
internal static class ConfigRewriter
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static byte[] Rewrite(byte[] json, ModelConfig config, ProjectionLayout layout, DType dtype)
    {
        if (layout == config.Layout && dtype == config.DType)
        {
            return json;
        }

        JsonObject root = JsonNode.Parse(json)!.AsObject();
        if (layout != config.Layout)
        {
            if (config.QkvBias)
            {
                throw new ArgumentException($"--layout: {config.Architecture} has biases, for which there is no fused layout.");
            }

            bool fused = layout == ProjectionLayout.Fused;
            root["architectures"] = new JsonArray(fused ? "Phi3ForCausalLM" : "LlamaForCausalLM");
            root["model_type"] = fused ? "phi3" : "llama";
            root["head_dim"] = config.HeadSize;
            root.Remove("auto_map");
        }

        root[root.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = dtype switch
        {
            DType.BF16 => "bfloat16",
            DType.F16 => "float16",
            _ => "float32",
        };
        return JsonSerializer.SerializeToUtf8Bytes(root, Indented);
    }
}
