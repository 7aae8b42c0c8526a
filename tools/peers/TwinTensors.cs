// SPDX-License-Identifier: MIT
using System.Globalization;
using Phi4.Core.Configuration;
using Phi4.Core.Weights;

namespace Phi4.Peers;

/// <summary>A tensor of a twin: where its values come from, or the values themselves.</summary>
/// <param name="Name">GGUF's name.</param>
/// <param name="Type">How it is written.</param>
/// <param name="Shape">Sizes, outermost first.</param>
/// <param name="Source">The checkpoint's tensor; null if <paramref name="Values"/> are given.</param>
/// <param name="Values">A vector that the checkpoint keeps in its configuration.</param>
/// <param name="PairedHeadSize">Rows of a head go side by side in pairs, as the llama architecture wants q and k; 0 for the order as it is.</param>
internal sealed record TwinTensor(
    string Name, TwinType Type, IReadOnlyList<long> Shape, SourceTensor? Source, float[]? Values = null, int PairedHeadSize = 0)
{
    public int Rows => Shape.Count == 1 ? 1 : checked((int)Shape[0]);

    public int Columns => checked((int)Shape[^1]);

    public long ByteCount => Type.ByteCount(Shape.Aggregate(1L, (product, size) => product * size));

    /// <summary>The checkpoint's row that becomes a row here: rows 2j and 2j + 1 of a head are its rows j and D/2 + j.</summary>
    public int SourceRow(int row)
    {
        if (PairedHeadSize == 0)
        {
            return row;
        }

        int inHead = row % PairedHeadSize;
        return row - inHead + (inHead % 2 * (PairedHeadSize / 2)) + (inHead / 2);
    }
}

/// <summary>Which tensors a twin has, in the order of the checkpoint.</summary>
internal static class TwinTensors
{
    private static readonly (Func<int, string> Role, string Name)[] OfLayer =
    [
        (WeightNames.InputNorm, "attn_norm.weight"), (WeightNames.Qkv, "attn_qkv.weight"), (WeightNames.Query, "attn_q.weight"), (WeightNames.Key, "attn_k.weight"),
        (WeightNames.Value, "attn_v.weight"), (WeightNames.QueryBias, "attn_q.bias"), (WeightNames.KeyBias, "attn_k.bias"), (WeightNames.ValueBias, "attn_v.bias"),
        (WeightNames.Output, "attn_output.weight"), (WeightNames.PostAttentionNorm, "ffn_norm.weight"), (WeightNames.GateUp, "ffn_up.weight"),
        (WeightNames.Gate, "ffn_gate.weight"), (WeightNames.Up, "ffn_up.weight"), (WeightNames.Down, "ffn_down.weight"),
    ];

    public static IReadOnlyList<TwinTensor> Of(ModelConfig config, IWeightSource source, TwinType type, TwinType headType)
    {
        Dictionary<string, string> names = new(StringComparer.Ordinal)
        {
            [WeightNames.Embedding] = "token_embd.weight",
            [WeightNames.FinalNorm] = "output_norm.weight",
            [WeightNames.Head] = "output.weight",
        };
        for (int layerIndex = 0; layerIndex < config.LayerCount; layerIndex++)
        {
            foreach ((Func<int, string> role, string name) in OfLayer)
            {
                names[role(layerIndex)] = string.Create(CultureInfo.InvariantCulture, $"blk.{layerIndex}.{name}");
            }
        }

        var tensors = new List<TwinTensor>();
        foreach (TensorSpec spec in CheckpointLayout.Tensors(config))
        {
            SourceTensor found = source.Find(spec.Name) ?? throw new ModelFormatException(source.Path, spec.Name, "the tensor", "none");
            if (!found.Shape.SequenceEqual(spec.Shape))
            {
                throw new ModelFormatException(source.Path, spec.Name, $"[{string.Join(", ", spec.Shape)}]", found.Signature);
            }

            bool isHead = spec.Name is WeightNames.Head or WeightNames.Embedding;
            TwinType written = spec.Shape.Count == 1 ? TwinType.F32 : isHead ? headType : type;
            if (spec.Shape[^1] % written.ValuesPerBlock() != 0)
            {
                throw new ArgumentException($"{spec.Name} has rows of {spec.Shape[^1]}, not whole blocks of {written.ValuesPerBlock()}: {written} is not possible.");
            }

            bool paired = config.Architecture == "LlamaForCausalLM" && names[spec.Name].Split('.')[^2] is ("attn_q" or "attn_k");
            tensors.Add(new TwinTensor(names[spec.Name], written, spec.Shape, found, PairedHeadSize: paired ? config.HeadSize : 0));
        }

        if (config.Rope.Scaling is LongRopeScaling scaling)
        {
            tensors.Add(Factors("rope_factors_long.weight", scaling.LongFactors));
            tensors.Add(Factors("rope_factors_short.weight", scaling.ShortFactors));
        }

        return tensors;
    }

    private static TwinTensor Factors(string name, IReadOnlyList<float> values) => new(name, TwinType.F32, [values.Count], null, [.. values]);
}
