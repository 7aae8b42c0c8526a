// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace Phi4.Core.Hub;

/// <summary>A model that lies in the cache with everything that loading needs.</summary>
internal static class CachedModel
{
    /// <summary>Finds it without asking the hub.</summary>
    /// <exception cref="ModelNotCachedException">It is not there, or not all of it.</exception>
    public static PulledModel Find(HubCache cache, HubOptions options)
    {
        string commit = cache.FindCommit() ?? throw Missing(cache, "does not hold it");
        string folder = cache.SnapshotOf(commit);
        string path = PathOf(cache, folder, options);
        HubFile[] files =
        [
            .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                .Select(file => (Path: Path.GetRelativePath(folder, file).Replace('\\', '/'), Bytes: HubCache.LengthOf(file) ?? 0, Hash: HashOf(file)))
                .Select(file => new HubFile(file.Path, file.Bytes, file.Hash, file.Bytes)),
        ];
        return new PulledModel(cache.Model.Id, commit, path, files, 0);
    }

    /// <summary>What of a snapshot is to be loaded: the folder, or the only GGUF file.</summary>
    public static string PathOf(HubCache cache, string folder, HubOptions options)
    {
        if (IsThere(folder, FileSelection.SingleFile))
        {
            return RequireConfiguration(cache, folder);
        }

        if (IsThere(folder, FileSelection.IndexFile))
        {
            string[] shards = [.. ShardsOf(cache, folder)];
            string[] missing = [.. shards.Where(shard => !IsThere(folder, shard))];
            return missing.Length == 0
                ? RequireConfiguration(cache, folder)
                : throw Missing(cache, FormattableString.Invariant($"lacks {missing.Length} of its {shards.Length} weight files, {missing[0]} the first of them"));
        }

        string[] gguf =
        [
            .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(file => FileSelection.IsGguf(file) && HubCache.LengthOf(file) is not null)
                .Where(file => options.Include.Count == 0 || FileSelection.MatchesAny(Path.GetRelativePath(folder, file).Replace('\\', '/'), options.Include)),
        ];
        return gguf.Length switch
        {
            1 => gguf[0],
            0 => throw Missing(cache, "lacks its weights"),
            _ => throw Missing(cache, FormattableString.Invariant($"holds {gguf.Length} GGUF files of it, of which one must be named by its path in {folder}")),
        };
    }

    private static string RequireConfiguration(HubCache cache, string folder) => IsThere(folder, "config.json") ? folder : throw Missing(cache, "lacks its config.json");

    private static IReadOnlyCollection<string> ShardsOf(HubCache cache, string folder)
    {
        try
        {
            return FileSelection.ShardsOf(File.ReadAllBytes(Path.Combine(folder, FileSelection.IndexFile)));
        }
        catch (JsonException e)
        {
            throw Missing(cache, $"has an {FileSelection.IndexFile} that can't be read: {e.Message.TrimEnd('.')}");
        }
    }

    private static bool IsThere(string folder, string file) => HubCache.LengthOf(Path.Combine(folder, file)) is not null;

    private static string HashOf(string file) =>
        File.ResolveLinkTarget(file, returnFinalTarget: true) is { } blob && BlobHash.IsHash(blob.Name) ? blob.Name : "";

    private static ModelNotCachedException Missing(HubCache cache, string lacks) => new(cache.Model.ToString(), cache.Root, lacks);
}
