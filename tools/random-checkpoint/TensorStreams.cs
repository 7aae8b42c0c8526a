// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Weights;

namespace Phi4.RandomCheckpoint;

/// <summary>A run of a tensor that is filled from one stream of values; without a stream it is filled with ones.</summary>
internal sealed record TensorPart(string? Stream, long Count);

/// <summary>
/// Which values a tensor holds. A fused tensor is filled from the streams of the tensors that it fuses: one seed is one model in either layout.
/// </summary>
internal sealed class TensorStreams
{
    private readonly Dictionary<string, TensorPart[]> _special = new(StringComparer.Ordinal);

    public TensorStreams(ModelConfig config)
    {
        long query = (long)config.HeadCount * config.HeadSize * config.HiddenSize;
        long key = (long)config.KvHeadCount * config.HeadSize * config.HiddenSize;
        long mlp = (long)config.MlpSize * config.HiddenSize;
        TensorPart[] ones = [new(null, config.HiddenSize)];
        _special[WeightNames.FinalNorm] = ones;
        for (int i = 0; i < config.LayerCount; i++)
        {
            _special[WeightNames.InputNorm(i)] = ones;
            _special[WeightNames.PostAttentionNorm(i)] = ones;
            _special[WeightNames.Qkv(i)] = [new(WeightNames.Query(i), query), new(WeightNames.Key(i), key), new(WeightNames.Value(i), key)];
            _special[WeightNames.GateUp(i)] = [new(WeightNames.Gate(i), mlp), new(WeightNames.Up(i), mlp)];
        }
    }

    public IReadOnlyList<TensorPart> Of(TensorSpec tensor) =>
        _special.TryGetValue(tensor.Name, out TensorPart[]? parts) ? parts : [new TensorPart(tensor.Name, tensor.Count)];
}
