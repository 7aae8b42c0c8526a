// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Kernels;

namespace Phi4.Core.Weights.Hub;

/// <summary>
/// A quantized checkpoint of the hub: matrices in several tensors each, as <see cref="PackedWeightsConfig"/> says, beside plain floats. A matrix is quantized if
/// its parts are there. docs/formats.md has the layouts and what is exact.
/// </summary>
internal sealed class PackedSource : IWeightSource
{
    private readonly FloatSource _files;
    private readonly Dictionary<string, SourceTensor> _byName;
    private readonly Dictionary<string, PackedMatrix> _matrices;

    private PackedSource(FloatSource files, IReadOnlyList<SourceTensor> tensors, Dictionary<string, PackedMatrix> matrices)
    {
        _files = files;
        _matrices = matrices;
        Tensors = tensors;
        _byName = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    public string Path => _files.Path;

    public IReadOnlyList<SourceTensor> Tensors { get; }

    /// <summary>Opens and checks that each quantized matrix has all its parts, of the right type and size.</summary>
    /// <exception cref="ModelFormatException">The files break the format, or a matrix isn't what the configuration says.</exception>
    public static PackedSource Open(ModelConfig config, string folder, CancellationToken cancellationToken = default)
    {
        PackedWeightsConfig packed = config.PackedWeights ?? throw new ArgumentException("The configuration has no packed weights.", nameof(config));
        FloatSource files = FloatSource.Open(folder, cancellationToken);
        try
        {
            return Join(config, packed, files, cancellationToken);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    public SourceTensor? Find(string name) => _byName.GetValueOrDefault(name);

    public WeightView Map(SourceTensor tensor) => tensor.Blocks is null ? _files.Map(tensor) : default;

    public void ReadRows(SourceTensor tensor, int start, int count, Span<float> destination)
    {
        if (_matrices.TryGetValue(tensor.Name, out PackedMatrix? matrix))
        {
            matrix.ReadRows(start, count, destination);
        }
        else
        {
            _files.ReadRows(tensor, start, count, destination);
        }
    }

    public void ReadBlocks(SourceTensor tensor, int start, int count, Span<byte> tiles)
    {
        if (!_matrices.TryGetValue(tensor.Name, out PackedMatrix? matrix))
        {
            throw new InvalidOperationException($"{tensor.Name} is {tensor.Signature}: it has no blocks.");
        }

        matrix.ReadBlocks(start, count, tiles);
    }

    public void WillNeed(SourceTensor tensor)
    {
        foreach (TensorInfo part in PartsOf(tensor))
        {
            _files.Checkpoint.FileOf(part.Name).AdviseWillNeed(part.FileOffset, part.ByteCount);
        }
    }

    public void Release(SourceTensor tensor)
    {
        foreach (TensorInfo part in PartsOf(tensor))
        {
            _files.Checkpoint.FileOf(part.Name).Release(part.FileOffset, part.ByteCount);
        }
    }

    public void Dispose() => _files.Dispose();

    private IReadOnlyList<TensorInfo> PartsOf(SourceTensor tensor) =>
        _matrices.TryGetValue(tensor.Name, out PackedMatrix? matrix) ? matrix.Parts : [_files.Checkpoint.Find(tensor.Name)!];

    /// <summary>Parts become matrices; what belongs to none stays as it is, for the caller to judge.</summary>
    private static PackedSource Join(ModelConfig config, PackedWeightsConfig packed, FloatSource files, CancellationToken cancellationToken)
    {
        Dictionary<string, PackedMatrix> matrices = new(StringComparer.Ordinal);
        Dictionary<string, SourceTensor> places = new(StringComparer.Ordinal);
        HashSet<string> parts = new(StringComparer.Ordinal);
        HashSet<string> wanted = new(CheckpointLayout.Tensors(config).Select(spec => spec.Name), StringComparer.Ordinal);
        List<ModelFormatProblem> problems = [];
        foreach (TensorSpec spec in CheckpointLayout.Tensors(config).Where(spec => spec.Shape.Count == 2 && spec.Name != WeightNames.Embedding))
        {
            cancellationToken.ThrowIfCancellationRequested();
            MatrixParts found = new(files.Checkpoint, spec);
            if (!IsPacked(packed.Layout, found))
            {
                continue;
            }

            PackedMatrix? matrix = Create(packed, found);
            problems.AddRange(found.Problems);
            parts.UnionWith(found.Used.Select(tensor => tensor.Name));
            string bias = PackedNames.Module(spec.Name) + PackedNames.Bias;
            if (!wanted.Contains(bias) && files.Find(bias) is { } zero && IsZero(files, zero, problems))
            {
                parts.Add(bias);
            }

            if (matrix is not null)
            {
                matrices[spec.Name] = matrix;
                places[found.Used[0].Name] = matrix.Tensor;
            }
        }

        if (problems.Count > 0)
        {
            throw new ModelFormatException(problems);
        }

        IEnumerable<SourceTensor> tensors = files.Tensors
            .Where(tensor => places.ContainsKey(tensor.Name) || !(parts.Contains(tensor.Name) || PackedNames.IsOfActivations(tensor.Name)))
            .Select(tensor => places.GetValueOrDefault(tensor.Name, tensor));
        return new PackedSource(files, [.. tensors], matrices);
    }

    private static bool IsPacked(PackedLayout layout, MatrixParts parts) => layout switch
    {
        PackedLayout.RowWords => parts.Has(PackedNames.Packed),
        PackedLayout.Integers or PackedLayout.Float8 => parts.Has(PackedNames.Scale) || parts.Has(PackedNames.ScaleInverse)
            || parts.TypeOf(PackedNames.Weight) is DType.I8 or DType.F8E4M3 or DType.F8E5M2,
        PackedLayout.Gptq or PackedLayout.Awq => parts.Has(PackedNames.Codes),
        _ => parts.TypeOf(PackedNames.Weight) == DType.U8,
    };

    private static PackedMatrix? Create(PackedWeightsConfig config, MatrixParts parts)
    {
        if (config.Layout == PackedLayout.Float8)
        {
            return Float8Matrix.Create(parts, config);
        }

        if (config.Layout == PackedLayout.Codebook)
        {
            return CodebookMatrix.Create(parts);
        }

        if (config.Layout != PackedLayout.Integers && parts.TypeOf(PackedNames.Weight) is not null)
        {
            parts.Refuse(PackedNames.Weight, "codes alone", "floats beside them");
        }

        int groups = GroupMap.CountOf(parts.Columns, config.GroupSize);
        return config.Layout switch
        {
            PackedLayout.RowWords => IntegerMatrix.Create(
                parts, "compressed-tensors", RowWords.Find(parts, groups, config.Bits), ScaleTable.ByRows(parts, PackedNames.Scale, groups),
                GroupMap.Read(parts, PackedNames.GroupOfInput, config.GroupSize)),
            PackedLayout.Integers => IntegerMatrix.Create(
                parts, "compressed-tensors", SignedBytes.Find(parts, groups), ScaleTable.ByRows(parts, PackedNames.Scale, groups),
                GroupMap.Read(parts, PackedNames.GroupOfInput, config.GroupSize)),
            PackedLayout.Gptq => IntegerMatrix.Create(
                parts, "GPTQ", GptqWords.Find(parts, groups, config.Bits, config.HasZerosLessOne), ScaleTable.ByGroups(parts, PackedNames.Scales, groups),
                GroupMap.Read(parts, PackedNames.GroupIndex, config.GroupSize)),
            _ => IntegerMatrix.Create(
                parts, "AWQ", AwqWords.Find(parts, groups), ScaleTable.ByGroups(parts, PackedNames.Scales, groups), GroupMap.Runs(parts.Columns, config.GroupSize)),
        };
    }

    /// <summary>Quantizers write biases of zeros for modules that have none; others would change the arithmetic.</summary>
    private static bool IsZero(FloatSource files, SourceTensor bias, List<ModelFormatProblem> problems)
    {
        ReadOnlySpan<byte> bytes = files.Checkpoint.FileOf(bias.Name).Bytes(files.Checkpoint.Find(bias.Name)!);
        if (bytes.ContainsAnyExcept((byte)0))
        {
            problems.Add(new(bias.File, bias.Name, "no bias, or one of zeros, as this architecture has none", "other values"));
        }

        return true;
    }
}
