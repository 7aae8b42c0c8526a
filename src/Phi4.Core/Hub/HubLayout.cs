// SPDX-License-Identifier: MIT
namespace Phi4.Core.Hub;

/// <summary>Which folder is what of one model's place on the disk. Both layouts are Python's huggingface_hub's.</summary>
/// <param name="Folder">What belongs to the model alone.</param>
/// <param name="Blobs">The bytes of files, under their hashes, and of files that are not complete.</param>
/// <param name="Locks">A lock for each of them while it is downloaded.</param>
/// <param name="Snapshots">A folder for each commit, in which files have their names; null where the model has one, whatever the commit.</param>
internal sealed record HubLayout(string Folder, string Blobs, string Locks, string? Snapshots)
{
    /// <summary>A model in the cache that all programs share: several commits, which share bytes by links, and names for commits.</summary>
    public static HubLayout InCache(string root, HubModelName model)
    {
        string name = $"models--{model.Owner}--{model.Name}";
        string folder = Path.Combine(root, name);
        return new HubLayout(folder, Path.Combine(folder, "blobs"), Path.Combine(root, ".locks", name), Path.Combine(folder, "snapshots"));
    }

    /// <summary>A folder of a model's own: files lie in it by their names, and what is half there in a folder that begins with a dot.</summary>
    public static HubLayout Plain(string folder)
    {
        string parts = Path.Combine(folder, ".cache", "huggingface", "download");
        return new HubLayout(folder, parts, parts, null);
    }

    /// <summary>Where the files of a commit have their names.</summary>
    public string SnapshotOf(string commit) => Snapshots is null ? Folder : Path.Combine(Snapshots, commit);
}
