// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace Phi4.Stranger;

/// <summary>A folder outside the repository: the packed files as a feed, the sample model, projects, and a package cache that starts empty.</summary>
internal sealed class Workplace : IDisposable
{
    public Workplace(string root, string feed)
    {
        Root = root;
        Folder = Path.Combine(Path.GetTempPath(), $"phi4-stranger-{Environment.ProcessId}");
        Feed = Path.Combine(Folder, "feed");
        Packages = Path.Combine(Folder, "packages");
        Directory.CreateDirectory(Feed);
        foreach (string file in Directory.GetFiles(feed, "*.nupkg"))
            File.Copy(file, Path.Combine(Feed, Path.GetFileName(file)));
        string model = Path.Combine(Folder, "samples", "phi4-sample");
        Directory.CreateDirectory(model);
        foreach (string file in Directory.GetFiles(Path.Combine(root, "samples", "phi4-sample")))
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        Version = Path.GetFileNameWithoutExtension(Directory.GetFiles(Feed, "Phi4.Core.?.*.nupkg").Single())["Phi4.Core.".Length..];
    }

    /// <summary>The repository.</summary>
    public string Root { get; }

    public string Folder { get; }

    public string Feed { get; }

    public string Packages { get; }

    /// <summary>Of the packed files.</summary>
    public string Version { get; }

    /// <summary>Every package of ours that was restored so far came from the packed files, not from a registry or an older cache.</summary>
    public void CheckOrigin()
    {
        string[] ours = [.. Directory.GetFiles(Packages, ".nupkg.metadata", SearchOption.AllDirectories)
            .Where(file => Path.GetRelativePath(Packages, file).StartsWith("phi4", StringComparison.OrdinalIgnoreCase))];
        if (ours.Length == 0)
            throw new InvalidOperationException($"None of our packages is in {Packages}: they came from another cache.");
        foreach (string file in ours)
        {
            using JsonDocument facts = JsonDocument.Parse(File.ReadAllText(file));
            string? source = facts.RootElement.GetProperty("source").GetString();
            if (source != Feed)
                throw new InvalidOperationException($"{Path.GetRelativePath(Packages, file)} came from {source}, not from {Feed}.");
        }
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
