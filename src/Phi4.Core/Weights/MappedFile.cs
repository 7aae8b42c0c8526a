// SPDX-License-Identifier: MIT
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>
/// A file mapped read-only; addresses and spans live until disposal. A file that another program cuts short while it is mapped is beyond this class:
/// the system then kills readers of the missing part.
/// </summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _base;

    private MappedFile(string path, SafeFileHandle handle, long length)
    {
        Path = path;
        Length = length;
        _mapping = MemoryMappedFile.CreateFromFile(handle, null, length, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _base);
        _base += _view.PointerOffset;
    }

    public string Path { get; }

    public long Length { get; }

    /// <param name="path">The file.</param>
    /// <param name="leastBytes">Bytes that it must have, at least one.</param>
    /// <exception cref="ModelFormatException">There is no such file, it may not be read, or it is shorter.</exception>
    public static MappedFile Open(string path, int leastBytes)
    {
        SafeFileHandle handle = OpenHandle(path);
        try
        {
            long length = RandomAccess.GetLength(handle);
            return length >= leastBytes
                ? new MappedFile(path, handle, length)
                : throw new ModelFormatException(path, null, $"at least {leastBytes} bytes", $"{length}");
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Bytes [start, start + count).</summary>
    public ReadOnlySpan<byte> Bytes(long start, int count) => new((void*)Address(start, count), count);

    /// <summary>The address of bytes [start, start + count).</summary>
    public nint Address(long start, long count)
    {
        ObjectDisposedException.ThrowIf(_base is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Length - start);
        return (nint)(_base + start);
    }

    /// <summary>Tells the system that a run of the file will be wanted soon; a hint, without effect where there is no such call.</summary>
    public void AdviseWillNeed(long start, long count)
    {
        ObjectDisposedException.ThrowIf(_base is null, this);
        PageAdvice.WillNeed(_base, start, Math.Min(count, Length - start));
    }

    /// <summary>
    /// What of a run is not in the system's cache yet shall be read in pieces of 2 MB and mapped on pages of that size; a hint. Only where all of it will be read: one byte then costs 2 MB.
    /// File systems that keep large folios do so (ext4 from Linux 6.16 on, XFS); what others cached before stays on the pages that it has. Runs side by side should be told
    /// before the first is read in.
    /// </summary>
    public void PreferHugePages(long start, long count)
    {
        ObjectDisposedException.ThrowIf(_base is null, this);
        HugePages.Advise(_base + start, count);
    }

    /// <summary>Brings a run of the file into memory.</summary>
    public void ReadIn(long start, long count)
    {
        ObjectDisposedException.ThrowIf(_base is null, this);
        if (!PageAdvice.TryPopulate(_base, start, count))
        {
            for (long i = start; i < start + count; i += Environment.SystemPageSize)
            {
                Volatile.Read(in _base[i]);
            }
        }
    }

    /// <summary>A run that was read is not wanted again soon; a hint.</summary>
    public void Release(long start, long count)
    {
        ObjectDisposedException.ThrowIf(_base is null, this);
        PageAdvice.Release(_base, start, count);
    }

    public void Dispose()
    {
        if (_base is not null)
        {
            _base = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _mapping.Dispose();
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
}
