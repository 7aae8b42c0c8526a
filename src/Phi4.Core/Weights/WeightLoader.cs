// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>How weights are to be loaded.</summary>
internal sealed record WeightLoadOptions
{
    public IProgress<LoadProgress>? Progress { get; init; }

    /// <summary>
    /// Ask the system to read ahead when all weights together take at most this many bytes. The default, 0, never does: pages come from disk when they are
    /// first used, which is the only way to run a model that is larger than memory.
    /// </summary>
    public long ReadAheadLimitBytes { get; init; }

    /// <summary>Read every page before returning, under the same limit, so that progress means bytes in memory.</summary>
    public bool ReadEverything { get; init; }
}

/// <summary>
/// A configuration and a folder become <see cref="ModelWeights"/>: views into the mapped files, nothing copied. Strict both ways:
/// a missing tensor, a left-over one, a wrong shape or element type is an error, and all of them are reported at once.
/// </summary>
/// <remarks>
/// Two left-overs are harmless and allowed: rotary frequency buffers, which follow from the configuration, and the head of a model with tied
/// embeddings, provided that it equals the embedding byte for byte.
/// </remarks>
internal static class WeightLoader
{
    /// <exception cref="ModelFormatException">The files break the format or do not hold the model that the configuration describes.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing stays open.</exception>
    public static ModelWeights Load(
        ModelConfig config, string folder, WeightLoadOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Checkpoint checkpoint = Checkpoint.Open(folder, cancellationToken);
        try
        {
            IReadOnlyList<ModelFormatProblem> problems = CheckpointCheck.Problems(config, checkpoint, cancellationToken);
            if (problems.Count > 0)
            {
                throw new ModelFormatException(problems);
            }

            PageReader.Run(checkpoint, options ?? new WeightLoadOptions(), cancellationToken);
            return Build(config, checkpoint);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    private static ModelWeights Build(ModelConfig config, Checkpoint checkpoint)
    {
        LayerWeights[] layers = new LayerWeights[config.LayerCount];
        for (int layerIndex = 0; layerIndex < layers.Length; layerIndex++)
        {
            layers[layerIndex] = config.Layout == ProjectionLayout.Fused
                ? Fused(config, checkpoint, layerIndex)
                : Separate(config, checkpoint, layerIndex);
        }

        TensorView embedding = View(checkpoint, WeightNames.Embedding);
        TensorView head = config.TieWordEmbeddings ? embedding : View(checkpoint, WeightNames.Head);
        return new ModelWeights(embedding, layers, View(checkpoint, WeightNames.FinalNorm), head, checkpoint);
    }

    private static LayerWeights Fused(ModelConfig config, Checkpoint checkpoint, int layerIndex)
    {
        int queryRows = config.HeadCount * config.HeadSize;
        int keyRows = config.KvHeadCount * config.HeadSize;
        TensorView qkv = View(checkpoint, WeightNames.Qkv(layerIndex));
        TensorView gateUp = View(checkpoint, WeightNames.GateUp(layerIndex));
        return new LayerWeights
        {
            InputNorm = View(checkpoint, WeightNames.InputNorm(layerIndex)),
            Query = qkv.RowRange(0, queryRows),
            Key = qkv.RowRange(queryRows, keyRows),
            Value = qkv.RowRange(queryRows + keyRows, keyRows),
            Output = View(checkpoint, WeightNames.Output(layerIndex)),
            PostAttentionNorm = View(checkpoint, WeightNames.PostAttentionNorm(layerIndex)),
            Gate = gateUp.RowRange(0, config.MlpSize),
            Up = gateUp.RowRange(config.MlpSize, config.MlpSize),
            Down = View(checkpoint, WeightNames.Down(layerIndex)),
        };
    }

    private static LayerWeights Separate(ModelConfig config, Checkpoint checkpoint, int layerIndex) => new()
    {
        InputNorm = View(checkpoint, WeightNames.InputNorm(layerIndex)),
        Query = View(checkpoint, WeightNames.Query(layerIndex)),
        Key = View(checkpoint, WeightNames.Key(layerIndex)),
        Value = View(checkpoint, WeightNames.Value(layerIndex)),
        QueryBias = config.QkvBias ? View(checkpoint, WeightNames.QueryBias(layerIndex)) : TensorView.None,
        KeyBias = config.QkvBias ? View(checkpoint, WeightNames.KeyBias(layerIndex)) : TensorView.None,
        ValueBias = config.QkvBias ? View(checkpoint, WeightNames.ValueBias(layerIndex)) : TensorView.None,
        Output = View(checkpoint, WeightNames.Output(layerIndex)),
        PostAttentionNorm = View(checkpoint, WeightNames.PostAttentionNorm(layerIndex)),
        Gate = View(checkpoint, WeightNames.Gate(layerIndex)),
        Up = View(checkpoint, WeightNames.Up(layerIndex)),
        Down = View(checkpoint, WeightNames.Down(layerIndex)),
    };

    private static TensorView View(Checkpoint checkpoint, string name) => checkpoint.FileOf(name).View(checkpoint.Find(name)!);
}
