// SPDX-License-Identifier: MIT
using System.IO.Enumeration;
using System.Text.Json;

namespace Phi4.Core.Hub;

/// <summary>Which files of a repository a model needs.</summary>
internal static class FileSelection
{
    public const string SingleFile = "model.safetensors";
    public const string IndexFile = "model.safetensors.index.json";

    private static readonly string[] BesideWeights =
    [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt",
        "chat_template.json", "chat_template.jinja", "additional_chat_templates/*.jinja", "*.tiktoken", "LICENSE*", "NOTICE*",
    ];

    /// <summary>Whether the index has to be read to know the weights.</summary>
    public static bool NeedsIndex(IReadOnlyList<string> files, HubOptions options) =>
        options.Include.Count == 0 && !files.Contains(SingleFile) && files.Contains(IndexFile);

    /// <summary>The files to download, in the repository's order.</summary>
    /// <param name="files">All files of the repository.</param>
    /// <param name="shards">Weight files that the index names; empty if there is none.</param>
    /// <param name="options">Patterns.</param>
    /// <param name="errors">Says what is wrong.</param>
    /// <exception cref="HubException">Nothing can be loaded from it, or one of several must be chosen.</exception>
    public static IReadOnlyList<string> Choose(IReadOnlyList<string> files, IReadOnlyCollection<string> shards, HubOptions options, Func<string, HubException> errors)
    {
        string[] wanted = options.Include.Count > 0
            ? [.. files.Where(file => MatchesAny(file, options.Include))]
            : [.. files.Where(file => IsInFolderOfModel(file) && MatchesAny(file, BesideWeights)), .. Weights(files, shards, options, errors)];
        wanted = [.. files.Where(file => wanted.Contains(file) && !MatchesAny(file, options.Exclude))];
        return wanted.Length > 0 ? wanted : throw errors($"none of its {files.Count} files matches: {string.Join(", ", files.Take(20))}");
    }

    public static bool MatchesAny(string file, IReadOnlyList<string> patterns) =>
        patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, file, ignoreCase: false));

    /// <summary>The weight files that an index names, each once.</summary>
    /// <exception cref="JsonException">It is no index.</exception>
    public static IReadOnlyCollection<string> ShardsOf(ReadOnlyMemory<byte> index)
    {
        using JsonDocument document = JsonDocument.Parse(index);
        if (document.RootElement.ValueKind != JsonValueKind.Object
            || !document.RootElement.TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("It has no object weight_map.");
        }

        return [.. map.EnumerateObject().Select(entry => entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : "").Distinct(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> Weights(
        IReadOnlyList<string> files, IReadOnlyCollection<string> shards, HubOptions options, Func<string, HubException> errors)
    {
        if (files.Contains(SingleFile))
        {
            return [SingleFile];
        }

        if (shards.Count > 0)
        {
            return shards.FirstOrDefault(shard => !files.Contains(shard)) is { } missing
                ? throw errors($"{IndexFile} names {missing}, which the repository does not have")
                : shards.Append(IndexFile);
        }

        string[] gguf = [.. files.Where(file => IsGguf(file) && !MatchesAny(file, options.Exclude))];
        return gguf.Length switch
        {
            1 => gguf,
            0 => throw errors($"neither {SingleFile} nor {IndexFile} nor a GGUF file among its {files.Count} files"),
            _ => throw errors($"{gguf.Length} GGUF files, of which one must be chosen (--include): {string.Join(", ", gguf)}"),
        };
    }

    public static bool IsGguf(string file) => file.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);

    private static bool IsInFolderOfModel(string file) => !file.Contains('/', StringComparison.Ordinal) || file.StartsWith("additional_chat_templates/", StringComparison.Ordinal);
}
