// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>The plain floats of a safetensors checkpoint, in one file or in shards. Tensors of other types are listed, so that they can be named, but not read.</summary>
internal sealed class FloatSource : IWeightSource
{
    private readonly Checkpoint _checkpoint;
    private readonly Dictionary<string, SourceTensor> _byName;

    private FloatSource(Checkpoint checkpoint)
    {
        _checkpoint = checkpoint;
        Tensors = [.. checkpoint.Tensors.Select(Describe)];
        _byName = Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    public string Path => _checkpoint.Folder;

    /// <summary>The files.</summary>
    public Checkpoint Checkpoint => _checkpoint;

    public IReadOnlyList<SourceTensor> Tensors { get; }

    /// <exception cref="ModelFormatException">The files break the format.</exception>
    public static FloatSource Open(string folder, CancellationToken cancellationToken = default) => new(Checkpoint.Open(folder, cancellationToken));

    public SourceTensor? Find(string name) => _byName.GetValueOrDefault(name);

    public WeightView Map(SourceTensor tensor) =>
        tensor.Floats is null ? default : _checkpoint.FileOf(tensor.Name).View(_checkpoint.Find(tensor.Name)!);

    public void ReadRows(SourceTensor tensor, int start, int count, Span<float> destination)
    {
        DType dtype = tensor.Floats ?? throw new ModelFormatException(tensor.File, tensor.Name, "BF16, F16 or F32", tensor.Signature);
        int valueCount = checked(count * tensor.Columns);
        int size = dtype.SizeInBytes();
        ReadOnlySpan<byte> bytes = _checkpoint.FileOf(tensor.Name).Bytes(
            _checkpoint.Find(tensor.Name)!, (long)start * tensor.Columns * size, checked(valueCount * size));
        FloatCodec.Widen(bytes, dtype, destination[..valueCount]);
    }

    public void ReadBlocks(SourceTensor tensor, int start, int count, Span<byte> tiles) =>
        throw new InvalidOperationException($"{tensor.Name} is {tensor.Signature}: it has no blocks.");

    public void WillNeed(SourceTensor tensor)
    {
        TensorInfo stored = _checkpoint.Find(tensor.Name)!;
        _checkpoint.FileOf(tensor.Name).AdviseWillNeed(stored.FileOffset, stored.ByteCount);
    }

    public void Release(SourceTensor tensor)
    {
        TensorInfo stored = _checkpoint.Find(tensor.Name)!;
        _checkpoint.FileOf(tensor.Name).Release(stored.FileOffset, stored.ByteCount);
    }

    public void Dispose() => _checkpoint.Dispose();

    /// <summary>A tensor as it lies in a file: readable if it is a vector or matrix of floats.</summary>
    internal static SourceTensor Describe(TensorInfo tensor)
    {
        bool isPlain = tensor.DType is DType.BF16 or DType.F16 or DType.F32 && tensor.Shape.Count is 1 or 2;
        return new(tensor.Name, tensor.Shape, tensor.DType.ToSafetensorsName(), tensor.File, tensor.ByteCount)
        {
            Floats = isPlain ? tensor.DType : null,
            IsReadable = isPlain,
            IsMapped = isPlain,
        };
    }
}
