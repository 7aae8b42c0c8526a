// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Phi4.Core.Weights.Gguf;

/// <summary>
/// The header of a GGUF file, parsed and checked against the file's length without looking at the data: magic, version, two counts, key-value pairs,
/// tensors, then the data at the next multiple of the alignment.
/// </summary>
/// <remarks>
/// Stricter than some readers: a key or tensor named twice, tensors that share bytes, a list of lists, and text that is not UTF-8 are refused.
/// </remarks>
internal sealed class GgufHeader
{
    /// <summary>How far a header may reach; published ones, vocabulary included, take some megabytes.</summary>
    public const int MaxBytes = 1 << 30;

    /// <summary>Magic, version and the two counts.</summary>
    public const int LeastBytes = 4 + 4 + 8 + 8;

    private const uint Magic = 0x4655_4747; // "GGUF"
    private const int DefaultAlignment = 32;
    private const int MaxAlignment = 1 << 20;
    private const int MaxKeyBytes = 65535;
    private const int MaxNameBytes = 64;
    private const int MaxRank = 4;
    private const string AlignmentKey = "general.alignment";

    // Key length, one byte of key, type, one byte of value; name length, one byte of name, rank, one size, type, offset.
    private const int LeastPairBytes = 8 + 1 + 4 + 1;
    private const int LeastTensorBytes = 8 + 1 + 4 + 8 + 4 + 8;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _file;

    private GgufHeader(string file) => _file = file;

    public int Version { get; private set; }

    public GgufMetadata Metadata { get; private set; } = null!;

    /// <summary>In the order of their data.</summary>
    public IReadOnlyList<GgufTensor> Tensors { get; private set; } = [];

    /// <summary>Parses and checks.</summary>
    /// <param name="bytes">The file's start, at most <see cref="MaxBytes"/> of it.</param>
    /// <param name="fileLength">Bytes of the whole file.</param>
    /// <param name="file">Name for messages.</param>
    /// <exception cref="ModelFormatException">Anything that breaks the format.</exception>
    public static GgufHeader Parse(ReadOnlySpan<byte> bytes, long fileLength, string file)
    {
        var header = new GgufHeader(file);
        var cursor = new GgufCursor(bytes, file);
        header.ReadVersion(ref cursor);
        int tensorCount = cursor.Count("tensor count", LeastTensorBytes);
        int pairCount = cursor.Count("key-value count", LeastPairBytes);
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        for (int i = 0; i < pairCount; i++)
        {
            string key = header.Text(cursor.Text($"key {i}", MaxKeyBytes), $"key {i}");
            if (!values.TryAdd(key, header.ReadValue(ref cursor, key)))
            {
                throw cursor.Bad(key, "each key once", "a duplicate");
            }
        }

        header.Metadata = new GgufMetadata(file, values);
        int alignment = header.ReadAlignment();
        var entries = new List<(string Name, GgufType Type, long[] Shape, ulong Offset)>(tensorCount);
        for (int i = 0; i < tensorCount; i++)
        {
            entries.Add(header.ReadTensor(ref cursor, i));
        }

        long dataStart = (cursor.Position + (long)alignment - 1) / alignment * alignment;
        header.Tensors = header.Place(entries, dataStart, alignment, fileLength);
        return header;
    }

    private void ReadVersion(ref GgufCursor cursor)
    {
        uint magic = cursor.UInt32("magic");
        if (magic != Magic)
        {
            throw cursor.Bad("magic", "\"GGUF\"", $"0x{BinaryPrimitives.ReverseEndianness(magic):x8}");
        }

        uint version = cursor.UInt32("version");
        if (version is not (2 or 3))
        {
            string found = BinaryPrimitives.ReverseEndianness(version) is 2 or 3 ? "a big-endian file" : $"{version}";
            throw cursor.Bad("version", "2 or 3, little-endian", found);
        }

        Version = (int)version;
    }

    private int ReadAlignment()
    {
        int alignment = Metadata.OptionalInt(AlignmentKey, 1, MaxAlignment) ?? DefaultAlignment;
        return BitOperations.IsPow2(alignment) ? alignment : throw Metadata.Refuse(AlignmentKey, "a power of two");
    }

    private object ReadValue(ref GgufCursor cursor, string key)
    {
        uint type = cursor.UInt32(key);
        return type == GgufScalars.ListType ? ReadList(ref cursor, key)
            : type == GgufScalars.TextType ? Text(cursor.Text(key), key)
            : GgufScalars.Read(ref cursor, type, key);
    }

    private Array ReadList(ref GgufCursor cursor, string key)
    {
        uint type = cursor.UInt32(key);
        if (type != GgufScalars.TextType)
        {
            return GgufScalars.ReadList(ref cursor, type, key);
        }

        var texts = new string[cursor.Count(key, sizeof(ulong))];
        for (int i = 0; i < texts.Length; i++)
        {
            texts[i] = Text(cursor.Text(key), key);
        }

        return texts;
    }

    private (string Name, GgufType Type, long[] Shape, ulong Offset) ReadTensor(ref GgufCursor cursor, int index)
    {
        string item = $"tensor {index}";
        string name = Text(cursor.Text(item, MaxNameBytes), item);
        uint rank = cursor.UInt32(name);
        if (rank is < 1 or > MaxRank)
        {
            throw cursor.Bad(name, $"1 to {MaxRank} dimensions", $"{rank}");
        }

        var shape = new long[rank];
        for (int i = 0; i < shape.Length; i++)
        {
            ulong size = cursor.UInt64(name);
            shape[^(i + 1)] = size is > 0 and <= long.MaxValue ? (long)size : throw cursor.Bad(name, "sizes from 1 to 2^63 - 1", $"{size}");
        }

        uint type = cursor.UInt32(name);
        if (!Enum.IsDefined((GgufType)type))
        {
            throw cursor.Bad(name, $"one of {GgufTypes.AllNames}", GgufTypes.NameOf(type));
        }

        return (name, (GgufType)type, shape, cursor.UInt64(name));
    }

    /// <summary>Where each tensor lies: aligned, within the file, sharing no byte with another.</summary>
    private List<GgufTensor> Place(List<(string Name, GgufType Type, long[] Shape, ulong Offset)> entries, long dataStart, int alignment, long fileLength)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        List<GgufTensor> tensors = new(entries.Count);
        foreach ((string name, GgufType type, long[] shape, ulong offset) in entries)
        {
            if (!names.Add(name))
            {
                throw new ModelFormatException(_file, name, "each tensor once", "a duplicate name");
            }

            if (offset % (uint)alignment != 0)
            {
                throw new ModelFormatException(_file, name, $"an offset that is a multiple of {alignment}", $"{offset}");
            }

            long byteCount = ByteCount(name, type, shape, fileLength);
            if (dataStart > fileLength || offset > (ulong)(fileLength - dataStart) || (long)offset > fileLength - dataStart - byteCount)
            {
                throw new ModelFormatException(
                    _file, name, $"{byteCount} bytes within the file's {fileLength}", $"a start at byte {(UInt128)offset + (UInt128)dataStart} (file truncated?)");
            }

            tensors.Add(new GgufTensor(name, type, shape, dataStart + (long)offset, byteCount));
        }

        tensors.Sort((a, b) => a.FileOffset.CompareTo(b.FileOffset));
        for (int i = 1; i < tensors.Count; i++)
        {
            long end = tensors[i - 1].FileOffset + tensors[i - 1].ByteCount;
            if (tensors[i].FileOffset < end)
            {
                throw new ModelFormatException(
                    _file, tensors[i].Name, $"a start at byte {end} or later, where {tensors[i - 1].Name} ends", $"an overlap: it starts at byte {tensors[i].FileOffset}");
            }
        }

        return tensors;
    }

    private long ByteCount(string name, GgufType type, long[] shape, long fileLength)
    {
        int blockValues = type.ValuesPerBlock();
        if (shape[^1] % blockValues != 0)
        {
            throw new ModelFormatException(_file, name, $"rows of whole blocks of {blockValues} values, for it is {type}", $"rows of {shape[^1]}");
        }

        UInt128 bytes = (UInt128)(shape[^1] / blockValues) * (UInt128)type.BytesPerBlock();
        foreach (long size in shape.AsSpan(0, shape.Length - 1))
        {
            // Two factors below 2^63: no overflow. A product that is too large already stays so.
            bytes = bytes > (UInt128)fileLength ? bytes : bytes * (UInt128)size;
        }

        return bytes <= (UInt128)fileLength
            ? (long)bytes
            : throw new ModelFormatException(_file, name, $"data within the file's {fileLength} bytes", $"{type} [{string.Join(", ", shape)}], which is larger");
    }

    private string Text(ReadOnlySpan<byte> utf8, string item)
    {
        try
        {
            return StrictUtf8.GetString(utf8);
        }
        catch (DecoderFallbackException e)
        {
            throw new ModelFormatException(_file, item, "valid UTF-8", "bytes that are not", e);
        }
    }
}
