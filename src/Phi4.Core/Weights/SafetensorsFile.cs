// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>
/// One safetensors file, mapped read-only. Everything is checked against the file's length before any data is touched; views live until disposal.
/// </summary>
internal sealed class SafetensorsFile : IDisposable
{
    private readonly Dictionary<string, TensorInfo> _byName;
    private readonly MappedFile _file;

    private SafetensorsFile(MappedFile file)
    {
        _file = file;
        SafetensorsHeader header = ReadHeader(file);
        Tensors = header.Tensors;
        Metadata = header.Metadata;
        _byName = header.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    public string Path => _file.Path;

    /// <summary>Bytes of the whole file.</summary>
    public long Length => _file.Length;

    /// <summary>In the order of their data.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <exception cref="ModelFormatException">The file is missing or breaks the format.</exception>
    public static SafetensorsFile Open(string path)
    {
        MappedFile file = MappedFile.Open(path, SafetensorsHeader.LengthBytes);
        try
        {
            return new SafetensorsFile(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public TensorInfo? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>A matrix over the mapping; a vector becomes one row. Only ranks 1 and 2.</summary>
    public TensorView View(TensorInfo tensor)
    {
        (long rows, long columns) = tensor.Shape switch
        {
            [long size] => (1L, size),
            [long first, long second] => (first, second),
            _ => throw new ModelFormatException(Path, tensor.Name, "one or two dimensions", tensor.Signature),
        };
        return rows <= int.MaxValue && columns <= int.MaxValue
            ? new TensorView(_file.Address(tensor.FileOffset, tensor.ByteCount), tensor.DType, (int)rows, (int)columns)
            : throw new ModelFormatException(Path, tensor.Name, "sizes below 2^31", tensor.Signature);
    }

    /// <summary>Part of a tensor's bytes, valid until disposal.</summary>
    public ReadOnlySpan<byte> Bytes(TensorInfo tensor, long start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, tensor.ByteCount);
        return _file.Bytes(tensor.FileOffset + start, count);
    }

    /// <summary>A tensor's bytes, if they fit a span.</summary>
    public ReadOnlySpan<byte> Bytes(TensorInfo tensor) => Bytes(tensor, 0, checked((int)tensor.ByteCount));

    /// <summary>Tells the system that a run of the file will be wanted soon; a hint, without effect where there is no such call.</summary>
    public void AdviseWillNeed(long start, long count) => _file.AdviseWillNeed(start, count);

    /// <inheritdoc cref="MappedFile.PreferHugePages"/>
    public void PreferHugePages(long start, long count) => _file.PreferHugePages(start, count);

    /// <summary>Brings a run of the file into memory.</summary>
    public void ReadIn(long start, long count) => _file.ReadIn(start, count);

    /// <summary>A run that was read is not wanted again soon; a hint.</summary>
    public void Release(long start, long count) => _file.Release(start, count);

    public void Dispose() => _file.Dispose();

    private static SafetensorsHeader ReadHeader(MappedFile file)
    {
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file.Bytes(0, SafetensorsHeader.LengthBytes));
        int count = SafetensorsHeader.CheckLength(length, file.Length, file.Path);
        return SafetensorsHeader.Parse(file.Bytes(SafetensorsHeader.LengthBytes, count), file.Length, file.Path);
    }
}
