// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Text.Json;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>
/// Writes a safetensors file as a stream: all tensors are declared first, then their bytes follow in that order, in pieces of any size.
/// Declare wide elements before narrow ones, or give each tensor a multiple of 8 bytes: readers refuse misaligned data, and so does this writer.
/// </summary>
internal sealed class SafetensorsWriter : IDisposable
{
    private readonly Stream _stream;
    private readonly string _file;
    private readonly Queue<(string Name, long ByteCount)> _pending = new();
    private long _written;

    private SafetensorsWriter(Stream stream, string file)
    {
        _stream = stream;
        _file = file;
    }

    /// <summary>Creates the file and writes its header.</summary>
    public static SafetensorsWriter Create(
        string path, IReadOnlyList<(string Name, DType DType, IReadOnlyList<long> Shape)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        byte[] header = Header(tensors, metadata);
        SafetensorsWriter writer = new(new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 20), path);
        writer._stream.Write(header);
        foreach ((string name, DType dtype, IReadOnlyList<long> shape) in tensors)
        {
            writer._pending.Enqueue((name, ByteCount(dtype, shape)));
        }

        return writer;
    }

    /// <summary>The length field and the JSON, padded with spaces so that data starts at a multiple of <paramref name="alignment"/>, itself one of 8.</summary>
    public static byte[] Header(
        IReadOnlyList<(string Name, DType DType, IReadOnlyList<long> Shape)> tensors, IReadOnlyDictionary<string, string>? metadata = null, int alignment = 8)
    {
        using MemoryStream buffer = new();
        buffer.Write(stackalloc byte[SafetensorsHeader.LengthBytes]);
        using (Utf8JsonWriter json = new(buffer))
        {
            WriteJson(json, tensors, metadata);
        }

        while (buffer.Length % alignment != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        byte[] header = buffer.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)(header.Length - SafetensorsHeader.LengthBytes));
        return header;
    }

    /// <summary>The next bytes of the first tensor that is not complete; they may not run into the one after it.</summary>
    public void Write(string name, ReadOnlySpan<byte> bytes)
    {
        SkipComplete();
        if (!_pending.TryPeek(out (string Name, long ByteCount) next) || next.Name != name || bytes.Length > next.ByteCount - _written)
        {
            string expected = next.Name is null ? "no more data" : $"at most {next.ByteCount - _written} bytes of {next.Name}";
            throw new ModelFormatException(_file, name, expected, $"{bytes.Length} bytes of {name}");
        }

        _stream.Write(bytes);
        _written += bytes.Length;
    }

    /// <summary>Closes the file; every declared byte must have been written.</summary>
    public void Complete()
    {
        SkipComplete();
        if (_pending.TryPeek(out (string Name, long ByteCount) next))
        {
            throw new ModelFormatException(_file, next.Name, $"{next.ByteCount} bytes", $"{_written}");
        }

        _stream.Dispose();
    }

    public void Dispose() => _stream.Dispose();

    private static long ByteCount(DType dtype, IReadOnlyList<long> shape) =>
        shape.Aggregate((long)dtype.SizeInBytes(), (product, size) => checked(product * size));

    private static void WriteJson(
        Utf8JsonWriter json, IReadOnlyList<(string Name, DType DType, IReadOnlyList<long> Shape)> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        json.WriteStartObject();
        if (metadata is { Count: > 0 })
        {
            json.WriteStartObject("__metadata__");
            foreach ((string key, string value) in metadata)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }

        long offset = 0;
        foreach ((string name, DType dtype, IReadOnlyList<long> shape) in tensors)
        {
            if (offset % dtype.SizeInBytes() != 0)
            {
                throw new ArgumentException($"{name} would start at data byte {offset}, misaligned for {dtype}: declare it earlier.", nameof(tensors));
            }

            long end = checked(offset + ByteCount(dtype, shape));
            json.WriteStartObject(name);
            json.WriteString("dtype", dtype.ToSafetensorsName());
            WriteIntegers(json, "shape", shape);
            WriteIntegers(json, "data_offsets", [offset, end]);
            json.WriteEndObject();
            offset = end;
        }

        json.WriteEndObject();
    }

    private static void WriteIntegers(Utf8JsonWriter json, string name, IReadOnlyList<long> values)
    {
        json.WriteStartArray(name);
        foreach (long value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    private void SkipComplete()
    {
        while (_pending.TryPeek(out (string Name, long ByteCount) next) && _written == next.ByteCount)
        {
            _pending.Dequeue();
            _written = 0;
        }
    }
}
