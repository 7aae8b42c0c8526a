// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Weights.Quantization;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>How weights are to be loaded.</summary>
internal sealed record WeightLoadOptions
{
    public IProgress<LoadProgress>? Progress { get; init; }

    /// <summary>Which tensor is kept how.</summary>
    public WeightPlan Plan { get; init; } = WeightPlan.AsStored;

    /// <summary>How scales are chosen where tensors are quantized.</summary>
    public ScaleChoice Scales { get; init; } = ScaleChoice.Search;

    /// <summary>What a text told about the inputs of the matrices; null where nothing is known.</summary>
    public Calibration? Calibration { get; init; }

    /// <summary>Threads that convert and quantize.</summary>
    public int ThreadCount { get; init; } = Environment.ProcessorCount;

    /// <summary>Read what stays mapped before returning, but for the rows of an embedding, so that progress means bytes in memory. Only if all of it fits there.</summary>
    public bool ReadsEverything { get; init; }

    /// <summary>Memory for weights that stay mapped, if it does not hold them all: see <see cref="WeightStream"/>. Null if it does.</summary>
    public long? ResidentBytes { get; init; }
}

/// <summary>
/// A configuration and a source become <see cref="ModelWeights"/>: views of the mapped files where tensors stay as they are, memory of their own where
/// they don't. Strict both ways: a missing tensor, a left-over one, a wrong shape or element type is an error, and all of them are reported at once.
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
        return Load(config, WeightSources.Open(config, folder, cancellationToken), options ?? new WeightLoadOptions(), cancellationToken);
    }

    /// <summary>As above; takes the source over, whatever happens.</summary>
    public static ModelWeights Load(ModelConfig config, IWeightSource source, WeightLoadOptions options, CancellationToken cancellationToken)
    {
        WeightMemory memory = new(config, source, options, cancellationToken);
        try
        {
            IReadOnlyList<ModelFormatProblem> problems = [.. CheckpointCheck.Problems(config, source, cancellationToken), .. memory.Problems()];
            if (problems.Count > 0)
            {
                throw new ModelFormatException(problems);
            }

            if (options.Plan.KeepsEverything && MappedFilesOf(source) is { } files)
            {
                PageReader.Run(files, tensor => tensor.Name != WeightNames.Embedding || memory.HeadName == WeightNames.Embedding, options, cancellationToken);
                return Build(config, memory, options.ResidentBytes);
            }

            memory.Read();
            return Build(config, memory, residentBytes: null);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>The files of a source whose tensors all stay where they lie, or null.</summary>
    private static Checkpoint? MappedFilesOf(IWeightSource source) => source switch
    {
        FloatSource floats => floats.Checkpoint,
        BlockSource blocks => blocks.Checkpoint,
        _ => null,
    };

    private static ModelWeights Build(ModelConfig config, WeightMemory memory, long? residentBytes)
    {
        LayerWeights[] layers = new LayerWeights[config.LayerCount];
        for (int layerIndex = 0; layerIndex < layers.Length; layerIndex++)
        {
            layers[layerIndex] = config.Layout == ProjectionLayout.Fused
                ? Fused(config, memory, layerIndex)
                : Separate(config, memory, layerIndex);
        }

        WeightView head = memory.Matrix(memory.HeadName);
        return new ModelWeights(memory.Floats(WeightNames.Embedding), layers, memory.Floats(WeightNames.FinalNorm), head, memory)
        {
            Stream = residentBytes is { } bytes ? WeightStream.Create(layers, bytes - head.ByteCount) : null,
        };
    }

    private static LayerWeights Fused(ModelConfig config, WeightMemory memory, int layerIndex)
    {
        int queryRows = config.HeadCount * config.HeadSize;
        int keyRows = config.KvHeadCount * config.HeadSize;
        WeightView qkv = memory.Matrix(WeightNames.Qkv(layerIndex));
        WeightView gateUp = memory.Matrix(WeightNames.GateUp(layerIndex));
        return new LayerWeights
        {
            InputNorm = memory.Floats(WeightNames.InputNorm(layerIndex)),
            QueryKeyValue = qkv,
            Query = qkv.RowRange(0, queryRows),
            Key = qkv.RowRange(queryRows, keyRows),
            Value = qkv.RowRange(queryRows + keyRows, keyRows),
            Output = memory.Matrix(WeightNames.Output(layerIndex)),
            PostAttentionNorm = memory.Floats(WeightNames.PostAttentionNorm(layerIndex)),
            Gate = gateUp.RowRange(0, config.MlpSize),
            Up = gateUp.RowRange(config.MlpSize, config.MlpSize),
            Down = memory.Matrix(WeightNames.Down(layerIndex)),
        };
    }

    private static LayerWeights Separate(ModelConfig config, WeightMemory memory, int layerIndex) => new()
    {
        InputNorm = memory.Floats(WeightNames.InputNorm(layerIndex)),
        Query = memory.Matrix(WeightNames.Query(layerIndex)),
        Key = memory.Matrix(WeightNames.Key(layerIndex)),
        Value = memory.Matrix(WeightNames.Value(layerIndex)),
        QueryBias = config.QkvBias ? memory.Floats(WeightNames.QueryBias(layerIndex)) : TensorView.None,
        KeyBias = config.QkvBias ? memory.Floats(WeightNames.KeyBias(layerIndex)) : TensorView.None,
        ValueBias = config.QkvBias ? memory.Floats(WeightNames.ValueBias(layerIndex)) : TensorView.None,
        Output = memory.Matrix(WeightNames.Output(layerIndex)),
        PostAttentionNorm = memory.Floats(WeightNames.PostAttentionNorm(layerIndex)),
        Gate = memory.Matrix(WeightNames.Gate(layerIndex)),
        Up = memory.Matrix(WeightNames.Up(layerIndex)),
        Down = memory.Matrix(WeightNames.Down(layerIndex)),
    };
}
