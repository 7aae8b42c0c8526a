// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>
/// One safetensors file, mapped read-only. Everything is checked against the file's length before any data is touched; views live until disposal.
/// A file that another program cuts short while it is mapped is beyond this class: the system then kills readers of the missing part.
/// </summary>
internal sealed unsafe class SafetensorsFile : IDisposable
{
    private readonly Dictionary<string, TensorInfo> _byName;
    private readonly MemoryMappedFile? _mapping;
    private readonly MemoryMappedViewAccessor? _view;
    private byte* _base;

    private SafetensorsFile(string path, SafetensorsHeader header, SafeFileHandle handle, long length)
    {
        Path = path;
        Tensors = header.Tensors;
        Metadata = header.Metadata;
        Length = length;
        _byName = header.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        _mapping = MemoryMappedFile.CreateFromFile(handle, null, length, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _base);
        _base += _view.PointerOffset;
    }

    public string Path { get; }

    /// <summary>Bytes of the whole file.</summary>
    public long Length { get; }

    /// <summary>In the order of their data.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <exception cref="ModelFormatException">The file is missing or breaks the format.</exception>
    public static SafetensorsFile Open(string path)
    {
        SafeFileHandle handle = OpenHandle(path);
        try
        {
            long length = RandomAccess.GetLength(handle);
            SafetensorsHeader header = ReadHeader(handle, length, path);
            return new SafetensorsFile(path, header, handle, length);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public TensorInfo? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>A matrix over the mapping; a vector becomes one row. Only ranks 1 and 2.</summary>
    public TensorView View(TensorInfo tensor)
    {
        ObjectDisposedException.ThrowIf(_base is null, this);
        (long rows, long columns) = tensor.Shape switch
        {
            [long size] => (1L, size),
            [long first, long second] => (first, second),
            _ => throw new ModelFormatException(Path, tensor.Name, "one or two dimensions", tensor.Signature),
        };
        return rows <= int.MaxValue && columns <= int.MaxValue
            ? new TensorView((nint)(_base + tensor.FileOffset), tensor.DType, (int)rows, (int)columns)
            : throw new ModelFormatException(Path, tensor.Name, "sizes below 2^31", tensor.Signature);
    }

    /// <summary>Part of a tensor's bytes, valid until disposal.</summary>
    public ReadOnlySpan<byte> Bytes(TensorInfo tensor, long start, int count)
    {
        ObjectDisposedException.ThrowIf(_base is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, tensor.ByteCount);
        return new ReadOnlySpan<byte>(_base + tensor.FileOffset + start, count);
    }

    /// <summary>A tensor's bytes, if they fit a span.</summary>
    public ReadOnlySpan<byte> Bytes(TensorInfo tensor) => Bytes(tensor, 0, checked((int)tensor.ByteCount));

    /// <summary>Tells the system that a run of the file will be wanted soon; a hint, without effect where there is no such call.</summary>
    public void AdviseWillNeed(long start, long count)
    {
        ObjectDisposedException.ThrowIf(_base is null, this);
        PageAdvice.WillNeed(_base, start, Math.Min(count, Length - start));
    }

    public void Dispose()
    {
        if (_base is not null)
        {
            _base = null;
            _view!.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _mapping!.Dispose();
        }
    }

    private static SafeFileHandle OpenHandle(string path)
    {
        try
        {
            return File.OpenHandle(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ModelFormatException(path, null, "a file", "none", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ModelFormatException(path, null, "a readable file", Directory.Exists(path) ? "a folder" : "one that may not be read", e);
        }
    }

    private static SafetensorsHeader ReadHeader(SafeFileHandle handle, long fileLength, string path)
    {
        Span<byte> prefix = stackalloc byte[SafetensorsHeader.LengthBytes];
        if (fileLength < prefix.Length || !ReadFully(handle, prefix, 0))
        {
            throw new ModelFormatException(path, null, $"at least {prefix.Length} bytes", $"{fileLength}");
        }

        byte[] json = new byte[SafetensorsHeader.CheckLength(BinaryPrimitives.ReadUInt64LittleEndian(prefix), fileLength, path)];
        return ReadFully(handle, json, prefix.Length)
            ? SafetensorsHeader.Parse(json, fileLength, path)
            : throw new ModelFormatException(path, "header", $"{json.Length} bytes", "fewer");
    }

    private static bool ReadFully(SafeFileHandle handle, Span<byte> destination, long offset)
    {
        while (!destination.IsEmpty)
        {
            int count = RandomAccess.Read(handle, destination, offset);
            if (count == 0)
            {
                return false;
            }

            destination = destination[count..];
            offset += count;
        }

        return true;
    }
}
