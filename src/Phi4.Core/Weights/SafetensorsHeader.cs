// SPDX-License-Identifier: MIT
using System.Text.Json;
using System.Text.Unicode;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>
/// The header of a safetensors file, parsed and checked without looking at the data: eight bytes of length, a JSON object of that length,
/// then the data, each byte of which belongs to exactly one tensor.
/// </summary>
/// <remarks>
/// Stricter than the format in two points, both on purpose: a tensor whose data is not aligned to its element size is refused (kernels and GPU copies
/// count on it; writers have padded headers for years), and so is a field of a tensor that is not <c>dtype</c>, <c>shape</c> or <c>data_offsets</c>.
/// </remarks>
internal sealed class SafetensorsHeader
{
    /// <summary>The format's own limit.</summary>
    public const long MaxHeaderBytes = 100_000_000;

    public const int LengthBytes = 8;

    private SafetensorsHeader(IReadOnlyList<TensorInfo> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        Tensors = tensors;
        Metadata = metadata;
    }

    /// <summary>In the order of their data.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Checks the length field against the format's limit and the file's size.</summary>
    public static int CheckLength(ulong headerLength, long fileLength, string file)
    {
        if (headerLength > MaxHeaderBytes)
        {
            throw new ModelFormatException(file, "header length", $"at most {MaxHeaderBytes} bytes", $"{headerLength}");
        }

        long room = fileLength - LengthBytes;
        return (long)headerLength <= room
            ? (int)headerLength
            : throw new ModelFormatException(file, "header length", $"at most the {room} bytes that follow it", $"{headerLength}");
    }

    /// <summary>Parses the JSON part.</summary>
    /// <param name="json">Exactly the header's bytes.</param>
    /// <param name="fileLength">Bytes of the whole file, length field included.</param>
    /// <param name="file">Name for messages and for <see cref="TensorInfo.File"/>.</param>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long fileLength, string file)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            throw new ModelFormatException(file, "header", "a JSON object", json.IsEmpty ? "nothing" : $"byte 0x{json[0]:x2} first");
        }

        if (!Utf8.IsValid(json))
        {
            throw new ModelFormatException(file, "header", "valid UTF-8", "bytes that are not");
        }

        SafetensorsHeaderParser parser = new(file, LengthBytes + json.Length);
        try
        {
            parser.Read(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ModelFormatException(file, "header", "valid JSON", e.Message.TrimEnd('.'), e);
        }

        List<TensorInfo> tensors = [.. parser.Tensors.OrderBy(tensor => tensor.FileOffset).ThenBy(tensor => tensor.ByteCount)];
        CheckCoverage(tensors, LengthBytes + json.Length, fileLength, file);
        return new SafetensorsHeader(tensors, parser.Metadata);
    }

    /// <summary>No overlap, no hole, nothing past the end, nothing left at the end.</summary>
    private static void CheckCoverage(List<TensorInfo> tensors, long dataStart, long fileLength, string file)
    {
        long cursor = dataStart;
        string previous = "the header";
        foreach (TensorInfo tensor in tensors)
        {
            if (tensor.FileOffset + tensor.ByteCount > fileLength)
            {
                throw new ModelFormatException(
                    file, tensor.Name, $"data within the file's {fileLength} bytes", $"an end at byte {tensor.FileOffset + tensor.ByteCount} (file truncated?)");
            }

            if (tensor.FileOffset != cursor)
            {
                string kind = tensor.FileOffset < cursor ? "an overlap" : "a hole";
                throw new ModelFormatException(
                    file, tensor.Name, $"data to start at byte {cursor}, where {previous} ends", $"{kind}: it starts at byte {tensor.FileOffset}");
            }

            int elementBytes = tensor.DType.SizeInBytes();
            if (tensor.FileOffset % elementBytes != 0)
            {
                throw new ModelFormatException(
                    file, tensor.Name, $"{tensor.DType.ToSafetensorsName()} data aligned to {elementBytes} bytes", $"misaligned data at byte {tensor.FileOffset}");
            }

            cursor += tensor.ByteCount;
            previous = tensor.Name;
        }

        if (cursor != fileLength)
        {
            throw new ModelFormatException(file, null, $"{cursor} bytes, where {previous} ends", $"{fileLength - cursor} trailing bytes");
        }
    }
}
