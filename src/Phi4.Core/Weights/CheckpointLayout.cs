// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;

namespace Phi4.Core.Weights;

/// <summary>A tensor that a checkpoint of some configuration must hold.</summary>
internal sealed record TensorSpec(string Name, IReadOnlyList<long> Shape)
{
    public long Count => Shape.Aggregate(1L, (product, size) => product * size);
}

/// <summary>What a checkpoint of a configuration holds, in the order in which published ones hold it.</summary>
internal static class CheckpointLayout
{
    public static IEnumerable<TensorSpec> Tensors(ModelConfig config)
    {
        yield return new(WeightNames.Embedding, [config.VocabSize, config.HiddenSize]);
        for (int layerIndex = 0; layerIndex < config.LayerCount; layerIndex++)
        {
            foreach (TensorSpec spec in config.Layout == ProjectionLayout.Fused ? Fused(config, layerIndex) : Separate(config, layerIndex))
            {
                yield return spec;
            }

            yield return new(WeightNames.Down(layerIndex), [config.HiddenSize, config.MlpSize]);
            yield return new(WeightNames.InputNorm(layerIndex), [config.HiddenSize]);
            yield return new(WeightNames.PostAttentionNorm(layerIndex), [config.HiddenSize]);
        }

        yield return new(WeightNames.FinalNorm, [config.HiddenSize]);
        if (!config.TieWordEmbeddings)
        {
            yield return new(WeightNames.Head, [config.VocabSize, config.HiddenSize]);
        }
    }

    private static IEnumerable<TensorSpec> Fused(ModelConfig config, int layerIndex)
    {
        long hidden = config.HiddenSize;
        yield return new(WeightNames.Output(layerIndex), [hidden, QueryRows(config)]);
        yield return new(WeightNames.Qkv(layerIndex), [QueryRows(config) + 2 * KeyRows(config), hidden]);
        yield return new(WeightNames.GateUp(layerIndex), [2L * config.MlpSize, hidden]);
    }

    private static IEnumerable<TensorSpec> Separate(ModelConfig config, int layerIndex)
    {
        long hidden = config.HiddenSize;
        yield return new(WeightNames.Query(layerIndex), [QueryRows(config), hidden]);
        yield return new(WeightNames.Key(layerIndex), [KeyRows(config), hidden]);
        yield return new(WeightNames.Value(layerIndex), [KeyRows(config), hidden]);
        if (config.QkvBias)
        {
            yield return new(WeightNames.QueryBias(layerIndex), [QueryRows(config)]);
            yield return new(WeightNames.KeyBias(layerIndex), [KeyRows(config)]);
            yield return new(WeightNames.ValueBias(layerIndex), [KeyRows(config)]);
        }

        yield return new(WeightNames.Output(layerIndex), [hidden, QueryRows(config)]);
        yield return new(WeightNames.Gate(layerIndex), [config.MlpSize, hidden]);
        yield return new(WeightNames.Up(layerIndex), [config.MlpSize, hidden]);
    }

    private static long QueryRows(ModelConfig config) => (long)config.HeadCount * config.HeadSize;

    private static long KeyRows(ModelConfig config) => (long)config.KvHeadCount * config.HeadSize;
}
