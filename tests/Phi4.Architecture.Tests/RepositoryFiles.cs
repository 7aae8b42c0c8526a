// SPDX-License-Identifier: MIT
using Phi4.TestSupport;

namespace Phi4.Architecture.Tests;

/// <summary>A text file of the repository.</summary>
/// <param name="Path">From the root, with forward slashes.</param>
/// <param name="Text">Its content.</param>
internal sealed record RepositoryFile(string Path, string Text);

internal static class RepositoryFiles
{
    // Built, generated or private: never part of the house.
    private static readonly HashSet<string> SkippedFolders = ["artifacts", "bin", "obj", ".git", ".vs", ".idea", "node_modules", "TestResults", "models", "local"];

    public static IReadOnlyList<RepositoryFile> All(string extension, params string[] folders)
        => [.. Paths(folders).Where(path => path.EndsWith(extension, StringComparison.Ordinal)).Select(Read)];

    public static RepositoryFile Read(string path) => new(path, File.ReadAllText(Repository.PathTo(path.Split('/'))));

    public static bool Exists(string path)
    {
        var full = Repository.PathTo(path.Split('/'));
        return File.Exists(full) || Directory.Exists(full);
    }

    private static IEnumerable<string> Paths(string[] folders)
    {
        var roots = folders.Length == 0 ? [Repository.Root] : folders.Select(folder => Repository.PathTo(folder)).Where(Directory.Exists);
        return roots.SelectMany(Walk).Select(path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/')).Order(StringComparer.Ordinal);
    }

    private static IEnumerable<string> Walk(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
            yield return file;
        foreach (var child in Directory.EnumerateDirectories(folder))
        {
            // tests/goldens/models is data of the repository; only the root's models/ is private.
            var name = Path.GetFileName(child);
            if (SkippedFolders.Contains(name) && !(name == "models" && Path.GetFileName(folder) == "goldens"))
            {
                continue;
            }

            foreach (var file in Walk(child))
                yield return file;
        }
    }
}
