// SPDX-License-Identifier: MIT
namespace Phi4.Core.Hub;

/// <summary>What lies in a hub cache.</summary>
internal static class CacheInventory
{
    private const string Prefix = "models--";

    private static readonly EnumerationOptions Deep = new() { RecurseSubdirectories = true, AttributesToSkip = 0, ReturnSpecialDirectories = false };

    /// <summary>Models by name; what else lies in the cache, data sets for instance, is left out.</summary>
    public static IReadOnlyList<CachedRepository> List(string root) => !Directory.Exists(root) ? [] :
    [
        .. Directory.EnumerateDirectories(root, Prefix + "*")
            .Select(folder => (Folder: folder, Name: NameOf(Path.GetFileName(folder))))
            .Where(found => found.Name is not null)
            .Select(found => Describe(found.Name!, found.Folder))
            .OrderBy(found => found.Model, StringComparer.Ordinal),
    ];

    /// <summary>One model.</summary>
    public static CachedRepository Describe(HubModelName model, string folder)
    {
        (string File, string Commit)[] names = [.. FilesIn(Path.Combine(folder, "refs")).Select(file => (file, File.ReadAllText(file).Trim()))];
        CachedRevision[] revisions =
        [
            .. FoldersIn(Path.Combine(folder, "snapshots")).Where(HubModelName.IsCommit).Order(StringComparer.Ordinal)
                .Select(commit => Describe(
                    folder, commit, [.. names.Where(name => name.Commit == commit).Select(name => Path.GetRelativePath(Path.Combine(folder, "refs"), name.File).Replace('\\', '/')).Order(StringComparer.Ordinal)])),
        ];

        // Links take nothing; where the system refuses them, snapshots hold the bytes.
        FileInfo[] own = [.. FilesIn(Path.Combine(folder, "blobs")).Concat(FilesIn(Path.Combine(folder, "snapshots"))).Select(file => new FileInfo(file)).Where(file => file.LinkTarget is null)];
        return new CachedRepository(
            model.Id, folder, own.Sum(file => file.Length), own.Where(file => file.Name.EndsWith(HubCache.PartSuffix, StringComparison.Ordinal)).Sum(file => file.Length), revisions);
    }

    /// <summary>Files below a folder; none if it is not there, or is a link.</summary>
    public static IEnumerable<string> FilesIn(string folder) => IsOwnFolder(folder)
        ? Directory.EnumerateFiles(folder, "*", Deep).Where(file => IsOwnPath(folder, Path.GetDirectoryName(file)!))
        : [];

    /// <summary>A folder that is there, and no link.</summary>
    public static bool IsOwnFolder(string path) => new DirectoryInfo(path) is { Exists: true, LinkTarget: null };

    private static CachedRevision Describe(string folder, string commit, IReadOnlyList<string> names)
    {
        long[] lengths = [.. FilesIn(Path.Combine(folder, "snapshots", commit)).Select(HubCache.LengthOf).OfType<long>()];
        return new CachedRevision(commit, names, lengths.Length, lengths.Sum());
    }

    private static IEnumerable<string> FoldersIn(string folder) =>
        IsOwnFolder(folder) ? Directory.EnumerateDirectories(folder).Where(IsOwnFolder).Select(path => Path.GetFileName(path)) : [];

    private static bool IsOwnPath(string top, string folder)
    {
        for (; folder.Length > top.Length; folder = Path.GetDirectoryName(folder)!)
        {
            if (!IsOwnFolder(folder))
            {
                return false;
            }
        }

        return true;
    }

    private static HubModelName? NameOf(string folderName) =>
        folderName[Prefix.Length..].Split("--") is [var owner, var name] && HubModelName.TryParse($"{owner}/{name}", out HubModelName? found) ? found : null;
}
