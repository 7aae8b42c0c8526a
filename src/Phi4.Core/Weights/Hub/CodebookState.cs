// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.Kernels;

namespace Phi4.Core.Weights.Hub;

/// <summary>What a bitsandbytes matrix says of itself: JSON in a tensor of bytes.</summary>
internal sealed record CodebookState(string Type, int Run, IReadOnlyList<long> Shape, int NestedRun, float NestedOffset)
{
    private const long MaxBytes = 1 << 16;

    /// <summary>Null, and a problem, where it can't be read.</summary>
    public static CodebookState? Read(MatrixParts parts, string part)
    {
        if (parts.SizeOf(part) is not (> 0 and <= MaxBytes and var size))
        {
            parts.Refuse(part, $"its state, 1 to {MaxBytes} bytes", parts.SizeOf(part) is { } other ? $"{other} bytes" : "no such tensor");
            return null;
        }

        if (parts.Require(part, [DType.U8], [size]) is not { } stored)
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(stored.Bytes.ToArray());
            JsonElement root = document.RootElement;
            return new CodebookState(
                root.GetProperty("quant_type").GetString() ?? "",
                root.GetProperty("blocksize").GetInt32() is > 0 and var run ? run : throw new FormatException("a block size of 0 or less"),
                [.. root.GetProperty("shape").EnumerateArray().Select(value => value.GetInt64())],
                root.TryGetProperty("nested_blocksize", out JsonElement nested) && nested.GetInt32() is > 0 and var nestedRun ? nestedRun : 256,
                root.TryGetProperty("nested_offset", out JsonElement offset) ? offset.GetSingle() : 0);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            parts.Refuse(part, "JSON with quant_type, blocksize and shape", e.Message.TrimEnd('.'));
            return null;
        }
    }
}
