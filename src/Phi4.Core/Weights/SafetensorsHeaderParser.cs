// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>Walks the JSON of a safetensors header once, tensor by tensor; what one entry says is checked here, how entries lie together is not.</summary>
internal sealed class SafetensorsHeaderParser(string file, long dataStart)
{
    private const string MetadataName = "__metadata__";
    private const int MaxRank = 32;

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    public List<TensorInfo> Tensors { get; } = [];

    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    public void Read(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = 4 });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (!_names.Add(name))
            {
                throw new ModelFormatException(file, name, "each tensor once", "a duplicate name");
            }

            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new ModelFormatException(file, name, "an object", $"{reader.TokenType}");
            }

            if (name == MetadataName)
            {
                ReadMetadata(ref reader);
            }
            else
            {
                ReadTensor(ref reader, name);
            }
        }

        // The loop stopped at the closing brace; only padding may follow, and the reader refuses anything else.
        reader.Read();
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String || !Metadata.TryAdd(key, reader.GetString()!))
            {
                throw new ModelFormatException(file, MetadataName, $"one string for \"{key}\"", $"{reader.TokenType}");
            }
        }
    }

    private void ReadTensor(ref Utf8JsonReader reader, string name)
    {
        DType? dtype = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string field = reader.GetString()!;
            reader.Read();
            switch (field)
            {
                case "dtype" when dtype is null:
                    dtype = ReadDType(ref reader, name);
                    break;
                case "shape" when shape is null:
                    shape = ReadIntegers(ref reader, name, field, MaxRank);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadIntegers(ref reader, name, field, 2);
                    break;
                default:
                    throw new ModelFormatException(file, name, "dtype, shape and data_offsets, each once", $"\"{field}\"");
            }
        }

        if (dtype is null || shape is null || offsets is not [long begin, long end])
        {
            throw new ModelFormatException(file, name, "dtype, shape and two data_offsets", "an incomplete entry");
        }

        Tensors.Add(Check(name, dtype.Value, shape, begin, end));
    }

    private TensorInfo Check(string name, DType dtype, long[] shape, long begin, long end)
    {
        UInt128 byteCount = (UInt128)dtype.SizeInBytes();
        foreach (long size in shape)
        {
            byteCount *= (ulong)size;
            if (byteCount > long.MaxValue)
            {
                throw new ModelFormatException(file, name, "a shape of fewer than 2^63 bytes", $"an overflow by [{string.Join(", ", shape)}]");
            }
        }

        if (begin > end)
        {
            throw new ModelFormatException(file, name, "data_offsets in order", $"[{begin}, {end}]");
        }

        if ((UInt128)(end - begin) != byteCount)
        {
            throw new ModelFormatException(
                file, name, $"{byteCount} bytes for {dtype.ToSafetensorsName()} [{string.Join(", ", shape)}]", $"{end - begin} bytes at data_offsets [{begin}, {end}]");
        }

        return end <= long.MaxValue - dataStart
            ? new TensorInfo(name, dtype, shape, file, dataStart + begin, end - begin)
            : throw new ModelFormatException(file, name, "data_offsets within the file", $"[{begin}, {end}]");
    }

    private DType ReadDType(ref Utf8JsonReader reader, string name)
    {
        string? text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return text is not null && DTypes.TryParseSafetensorsName(text, out DType dtype)
            ? dtype
            : throw new ModelFormatException(file, name, "a known dtype", text is null ? $"{reader.TokenType}" : $"\"{text}\"");
    }

    private long[] ReadIntegers(ref Utf8JsonReader reader, string name, string field, int most)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new ModelFormatException(file, name, $"{field}: a list of integers", $"{reader.TokenType}");
        }

        List<long> values = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long value) || value < 0)
            {
                string found = reader.TokenType == JsonTokenType.Number ? System.Text.Encoding.ASCII.GetString(reader.ValueSpan) : $"{reader.TokenType}";
                throw new ModelFormatException(file, name, $"{field}: integers from 0 to 2^63 - 1", found);
            }

            values.Add(value);
            if (values.Count > most)
            {
                throw new ModelFormatException(file, name, $"{field}: at most {most} integers", "more");
            }
        }

        return [.. values];
    }
}
