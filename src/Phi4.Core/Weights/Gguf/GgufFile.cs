// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.Core.Weights.Gguf;

/// <summary>One GGUF file, mapped read-only. Everything is checked against the file's length before any data is touched.</summary>
internal sealed class GgufFile : IDisposable
{
    /// <summary>What the files' names end with.</summary>
    public const string Extension = ".gguf";

    private readonly MappedFile _file;
    private readonly Dictionary<string, GgufTensor> _byName;

    private GgufFile(MappedFile file)
    {
        _file = file;
        GgufHeader header = GgufHeader.Parse(file.Bytes(0, (int)Math.Min(file.Length, GgufHeader.MaxBytes)), file.Length, file.Path);
        Version = header.Version;
        Metadata = header.Metadata;
        Tensors = header.Tensors;
        _byName = Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    public string Path => _file.Path;

    public int Version { get; }

    public GgufMetadata Metadata { get; }

    /// <summary>In the order of their data.</summary>
    public IReadOnlyList<GgufTensor> Tensors { get; }

    /// <summary>A path is meant to be such a file, whether it is there or not.</summary>
    public static bool IsPath(string path) => path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) && !Directory.Exists(path);

    /// <exception cref="ModelFormatException">The file is missing or breaks the format.</exception>
    public static GgufFile Open(string path)
    {
        MappedFile file = MappedFile.Open(path, GgufHeader.LeastBytes);
        try
        {
            return new GgufFile(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public GgufTensor? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The bytes of one row.</summary>
    public ReadOnlySpan<byte> Row(GgufTensor tensor, long row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, tensor.Rows);
        long bytes = tensor.Type.RowBytes(tensor.Columns);
        return _file.Bytes(tensor.FileOffset + (row * bytes), checked((int)bytes));
    }

    /// <summary>All values of a vector.</summary>
    public float[] Values(GgufTensor tensor)
    {
        var values = new float[checked((int)tensor.Columns)];
        GgufBlocks.Dequantize(tensor.Type, Row(tensor, 0), values);
        return values;
    }

    /// <summary>Plain floats where they lie, a vector as one row.</summary>
    public TensorView View(GgufTensor tensor) => new(
        _file.Address(tensor.FileOffset, tensor.ByteCount), GgufBlocks.FloatType(tensor.Type)!.Value, checked((int)tensor.Rows), checked((int)tensor.Columns));

    public void AdviseWillNeed(GgufTensor tensor) => _file.AdviseWillNeed(tensor.FileOffset, tensor.ByteCount);

    public void Dispose() => _file.Dispose();
}
