// SPDX-License-Identifier: MIT
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;

namespace Phi4.Core.Weights;

/// <summary><c>model.safetensors.index.json</c>: which shard holds which tensor. A shard is a plain file name beside the index.</summary>
internal static class ShardIndex
{
    private const long MaxFileBytes = 100_000_000;

    /// <summary>Tensor name to shard file name.</summary>
    /// <exception cref="ModelFormatException">The file is malformed or names a shard outside its own folder.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path)
    {
        using (SafeFileHandle handle = File.OpenHandle(path))
        {
            // Asked of the open file: a path's length is that of the link, if it is one.
            long length = RandomAccess.GetLength(handle);
            if (length > MaxFileBytes)
            {
                throw new ModelFormatException(path, null, $"at most {MaxFileBytes} bytes", $"{length}");
            }
        }

        byte[] utf8 = File.ReadAllBytes(path);
        if (!Utf8.IsValid(utf8))
        {
            throw new ModelFormatException(path, null, "valid UTF-8", "bytes that are not");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return ReadMap(document.RootElement, path);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ModelFormatException(path, null, "valid JSON with each tensor once", e.Message.TrimEnd('.'), e);
        }
    }

    private static Dictionary<string, string> ReadMap(JsonElement root, string path)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object)
        {
            throw new ModelFormatException(path, "weight_map", "an object", "none");
        }

        Dictionary<string, string> shards = new(StringComparer.Ordinal);
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            string? shard = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString() : null;
            shards[entry.Name] = IsPlainName(shard)
                ? shard!
                : throw new ModelFormatException(path, entry.Name, "the plain name of a .safetensors file in the same folder", entry.Value.GetRawText());
        }

        return shards.Count > 0 ? shards : throw new ModelFormatException(path, "weight_map", "at least one tensor", "none");
    }

    /// <summary>No folder in it, on whatever system it is read.</summary>
    private static bool IsPlainName(string? name) =>
        name is not null && name.EndsWith(".safetensors", StringComparison.Ordinal) && name.IndexOfAny(['/', '\\', ':', '\0']) < 0;
}
