// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>What pulling a model takes.</summary>
/// <param name="Model">The model, as <c>owner/name</c>.</param>
/// <param name="Revision">The branch, tag or commit that was asked for.</param>
/// <param name="Commit">The commit that it is now.</param>
/// <param name="Folder">Where the files will lie.</param>
/// <param name="Files">The files that are needed.</param>
public sealed record PullPlan(string Model, string Revision, string Commit, string Folder, IReadOnlyList<HubFile> Files)
{
    /// <summary>Bytes of all files.</summary>
    public long TotalBytes => Files.Sum(file => file.Bytes);

    /// <summary>Bytes that are still to be downloaded.</summary>
    public long MissingBytes => Files.Sum(file => file.Bytes - file.CachedBytes);
}

/// <summary>A model that is in the cache as a whole.</summary>
/// <param name="Model">The model, as <c>owner/name</c>.</param>
/// <param name="Commit">The commit that the files are of.</param>
/// <param name="Path">What <see cref="Phi4Model.LoadAsync"/> takes: the folder, or the GGUF file in it.</param>
/// <param name="Files">Its files; in offline mode those that are there, hashes as their places in the cache say.</param>
/// <param name="BytesReceived">Bytes that were downloaded by this call.</param>
public sealed record PulledModel(string Model, string Commit, string Path, IReadOnlyList<HubFile> Files, long BytesReceived);

/// <summary>A file of a model on the hub.</summary>
/// <param name="Path">Its path in the repository.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Hash">SHA-256 in 64 hexadecimal digits where the hub keeps it as a large file, else the SHA-1 that git gives it, in 40.</param>
/// <param name="CachedBytes">Bytes of it that are in the cache.</param>
public sealed record HubFile(string Path, long Bytes, string Hash, long CachedBytes);
