// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Core.Weights.Gguf;
using Phi4.Kernels;

namespace Phi4.Core.Diagnostics;

/// <summary>What can be said about a model without running it: from its configuration alone, or with its weights' headers.</summary>
public sealed record ModelInspection
{
    private ModelInspection()
    {
    }

    /// <summary>The folder or file that was looked at.</summary>
    public required string Path { get; init; }

    /// <summary>What the model is.</summary>
    public required ModelConfig Config { get; init; }

    /// <summary>What its generation configuration says; <see cref="GenerationConfig.Empty"/> if there is none.</summary>
    public required GenerationConfig Generation { get; init; }

    /// <summary>Tokens that end an answer, ascending: the union of both files and the family's own.</summary>
    public required IReadOnlyList<int> EndTokenIds { get; init; }

    /// <summary>Weights were found beside the configuration.</summary>
    public required bool HasWeights { get; init; }

    /// <summary>
    /// The tensors: as found, in file order; without weights as the configuration implies them, in the declared element type, with an empty file name.
    /// </summary>
    public required IReadOnlyList<TensorInfo> Tensors { get; init; }

    /// <summary>Where the weights differ from the configuration; empty if they agree or there are none.</summary>
    public required IReadOnlyList<ModelFormatProblem> Problems { get; init; }

    /// <summary>What kinds of quantized matrices were found and what loading makes of them; empty where all are floats.</summary>
    public required IReadOnlyList<WeightKind> QuantizedWeights { get; init; }

    /// <summary>Bytes that stay in mapped files, and bytes of memory of their own, when the model is loaded as it is stored.</summary>
    internal WeightBytes LoadedBytes { get; private init; }

    /// <summary>Parameters by the configuration; a tied head counts once.</summary>
    public long ParameterCount => Config.ParameterCount;

    /// <summary>Bytes of all tensors.</summary>
    public long WeightBytes => Tensors.Sum(tensor => tensor.ByteCount);

    /// <summary>Files that hold the weights, each once; empty without weights.</summary>
    public IReadOnlyList<string> WeightFiles => HasWeights ? [.. Tensors.Select(tensor => tensor.File).Distinct()] : [];

    /// <summary>Looks at a model's folder, a GGUF file, or a <c>config.json</c> alone.</summary>
    /// <param name="path">Folder, GGUF file or configuration file; the last is taken alone, whatever lies beside it.</param>
    /// <param name="cancellationToken">Ends a long look early.</param>
    /// <exception cref="ModelFormatException">There is no configuration, or a file is malformed or not supported.</exception>
    public static ModelInspection Inspect(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (GgufFile.IsPath(path))
        {
            using GgufSource file = GgufSource.Open(path);
            return Describe(path, file.Config, GenerationConfig.Empty, file, file.Stored, cancellationToken);
        }

        bool isFolder = Directory.Exists(path);
        ModelConfig config = ModelConfigReader.Read(isFolder ? System.IO.Path.Combine(path, ModelConfigReader.FileName) : path);
        GenerationConfig generation = isFolder
            ? GenerationConfigReader.Read(System.IO.Path.Combine(path, GenerationConfigReader.FileName), config.VocabSize)
            : GenerationConfig.Empty;
        bool hasWeights = isFolder && Checkpoint.IsPresent(path);
        using Checkpoint? checkpoint = hasWeights ? Checkpoint.Open(path, cancellationToken) : null;
        using IWeightSource? source = hasWeights ? WeightSources.Open(config, path, cancellationToken) : null;
        return Describe(path, config, generation, source, checkpoint?.Tensors ?? Implied(config), cancellationToken);
    }

    /// <summary>How the model would go into memory.</summary>
    /// <param name="kvType">Element type of the KV cache: F32, BF16 or I8.</param>
    /// <param name="contextTokens">Tokens to hold; null for what memory allows.</param>
    /// <param name="scratchBytes">Bytes of activations and other buffers.</param>
    /// <param name="availableBytes">Free memory; null for this machine's.</param>
    public MemoryPlan PlanMemory(DType kvType, int? contextTokens = null, long scratchBytes = 0, long? availableBytes = null) =>
        MemoryPlan.Create(Config, LoadedBytes.Mapped, kvType, contextTokens, scratchBytes, availableBytes ?? SystemMemory.AvailableBytes(), LoadedBytes.Allocated);

    private static ModelInspection Describe(
        string path, ModelConfig config, GenerationConfig generation, IWeightSource? source, IEnumerable<TensorInfo> tensors, CancellationToken cancellationToken) => new()
        {
            Path = path,
            Config = config,
            Generation = generation,
            EndTokenIds = EndTokens.Of(config, generation),
            HasWeights = source is not null,
            Tensors = [.. tensors],
            QuantizedWeights = source is null ? [] : WeightKind.Of(source),
            LoadedBytes = Weights.WeightBytes.Count(config, WeightPlan.AsStored, source),
            Problems = source is null ? [] : CheckpointCheck.Problems(config, source, cancellationToken),
        };

    private static IEnumerable<TensorInfo> Implied(ModelConfig config) => CheckpointLayout.Tensors(config).Select(
        spec => new TensorInfo(spec.Name, config.DType, spec.Shape, "", 0, spec.Count * config.DType.SizeInBytes()));
}
