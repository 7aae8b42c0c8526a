// SPDX-License-Identifier: MIT
using Microsoft.Win32.SafeHandles;
using Phi4.Core.Files;

namespace Phi4.Core.Weights;

/// <summary>A safetensors file that is written part by part, in any order; each part lies aligned for the kernels.</summary>
internal sealed class ShardFile : IDisposable
{
    // One call takes at most this much: some systems refuse more than 2 GiB.
    private const int PieceBytes = 1 << 26;

    private readonly string _path;
    private readonly SafeFileHandle _handle;
    private readonly Dictionary<string, (StoredPart Part, long Offset)> _missing = new(StringComparer.Ordinal);

    private ShardFile(string path, SafeFileHandle handle)
    {
        _path = path;
        _handle = handle;
    }

    /// <summary>Creates a new file, takes its place on the disk, and writes its header.</summary>
    public static ShardFile Create(string path, IEnumerable<StoredPart> parts, IReadOnlyDictionary<string, string> metadata)
    {
        IReadOnlyList<StoredPart> ordered = Order(parts);
        byte[] header = SafetensorsWriter.Header([.. ordered.Select(part => (part.Name, part.DType, part.Shape))], metadata, BlockShapes.FileAlignment);
        long length = header.Length + ordered.Sum(part => part.ByteCount);
        var shard = new ShardFile(path, File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, length));
        try
        {
            RandomAccess.Write(shard._handle, header, 0);
            long offset = header.Length;
            foreach (StoredPart part in ordered)
            {
                shard._missing.Add(part.Name, (part, offset));
                offset += part.ByteCount;
            }

            return shard;
        }
        catch
        {
            shard.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Parts as they will lie: in the given order, but those that would misalign what follows come last, the coarsest first, so that each begins at a multiple of its
    /// own <see cref="StoredPart.Granularity"/>.
    /// </summary>
    public static IReadOnlyList<StoredPart> Order(IEnumerable<StoredPart> parts) => [.. parts.OrderByDescending(part => part.Granularity)];

    /// <summary>A whole part.</summary>
    public unsafe void Write(string name, nint address, CancellationToken cancellationToken)
    {
        if (!_missing.Remove(name, out var found))
        {
            throw new ArgumentException($"{name} is no part of {_path}, or written already.", nameof(name));
        }

        for (long start = 0; start < found.Part.ByteCount; start += PieceBytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = (int)Math.Min(PieceBytes, found.Part.ByteCount - start);
            RandomAccess.Write(_handle, new ReadOnlySpan<byte>((byte*)address + start, count), found.Offset + start);
        }
    }

    /// <summary>Every part has been written: waits until all of it is on the disk.</summary>
    public void Complete()
    {
        if (_missing.Count > 0)
        {
            throw new InvalidOperationException($"{_path}: {_missing.Count} parts were not written, the first {_missing.Keys.First()}.");
        }

        WrittenFile.Settle(_handle);
    }

    public void Dispose() => _handle.Dispose();
}
