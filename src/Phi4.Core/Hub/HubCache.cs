// SPDX-License-Identifier: MIT
namespace Phi4.Core.Hub;

/// <summary>
/// One model's place in the hub cache: <c>blobs/HASH</c> holds the bytes, <c>snapshots/COMMIT/PATH</c> links to them, <c>refs/REVISION</c> names the commit. Where
/// the system refuses links, a snapshot holds the file itself. The layout is Python's huggingface_hub's, so that nothing is downloaded twice. A plain folder has
/// one snapshot, with the files themselves, and does not say of what commit they are.
/// </summary>
internal sealed class HubCache
{
    /// <summary>Ends the name of a part.</summary>
    public const string PartSuffix = ".incomplete";

    private readonly HubLayout _layout;
    private readonly Func<string, string, bool> _link;

    /// <param name="root">The cache's folder.</param>
    /// <param name="model">The model.</param>
    /// <param name="link">Makes a link at a path to a relative target; false if the system refuses. Null for symbolic links.</param>
    public HubCache(string root, HubModelName model, Func<string, string, bool>? link = null)
        : this(root, model, HubLayout.InCache(root, model), link ?? TryLink)
    {
    }

    private HubCache(string root, HubModelName model, HubLayout layout, Func<string, string, bool> link)
    {
        Root = root;
        Model = model;
        _layout = layout;
        _link = link;
    }

    public string Root { get; }

    public HubModelName Model { get; }

    private bool HasCommits => _layout.Snapshots is not null;

    /// <summary>The place of a model in the shared cache, or the plain folder that the options name.</summary>
    public static HubCache Of(HubOptions options, HubModelName model) => options.LocalFolder is { } folder
        ? new HubCache(folder, model, HubLayout.Plain(folder), (_, _) => false)
        : new HubCache(options.CacheFolder!, model);

    public string SnapshotOf(string commit) => _layout.SnapshotOf(commit);

    public string BlobOf(string hash) => Path.Combine(_layout.Blobs, hash);

    /// <summary>What has come of a file that is not complete.</summary>
    public string PartOf(string hash) => BlobOf(hash) + PartSuffix;

    public string LockOf(string hash) => Path.Combine(_layout.Locks, hash + ".lock");

    /// <summary>The commit that the model's revision was when it was last pulled; null if it never was.</summary>
    public string? FindCommit()
    {
        if (!HasCommits)
        {
            return null;
        }

        if (HubModelName.IsCommit(Model.Revision) && Directory.Exists(SnapshotOf(Model.Revision)))
        {
            return Model.Revision;
        }

        string file = RefOf(Model.Revision);
        string? commit = File.Exists(file) ? File.ReadAllText(file).Trim() : null;
        return commit is not null && HubModelName.IsCommit(commit) && Directory.Exists(SnapshotOf(commit)) ? commit : null;
    }

    /// <summary>Lets the revision's name lead to a commit whose files are there.</summary>
    public void PointTo(string commit)
    {
        if (HasCommits && Model.Revision != commit)
        {
            string file = RefOf(Model.Revision);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            string fresh = Path.Combine(_layout.Folder, $".ref-{Guid.NewGuid():N}"); // two pulls of one process may end at the same moment
            File.WriteAllText(fresh, commit);
            File.Move(fresh, file, overwrite: true);
        }
    }

    /// <summary>Where a complete file lies, in its snapshot or as a blob; null if it does nowhere.</summary>
    public string? FindComplete(string commit, HubFile file)
    {
        string inSnapshot = PathIn(commit, file.Path);
        return LengthOf(inSnapshot) == file.Bytes ? inSnapshot : LengthOf(BlobOf(file.Hash)) == file.Bytes ? BlobOf(file.Hash) : null;
    }

    /// <summary>The file with what is there of it.</summary>
    public HubFile Measure(string commit, HubFile file) => file with
    {
        CachedBytes = FindComplete(commit, file) is not null ? file.Bytes : LengthOf(PartOf(file.Hash)) is { } part && part <= file.Bytes ? part : 0,
    };

    /// <summary>Forgets a file that is not what it should be.</summary>
    public void Forget(string commit, HubFile file)
    {
        File.Delete(PathIn(commit, file.Path));
        File.Delete(BlobOf(file.Hash));
    }

    /// <summary>Puts a complete blob into a snapshot, unless it is there already.</summary>
    public void Publish(string commit, HubFile file)
    {
        string path = PathIn(commit, file.Path);
        if (LengthOf(path) == file.Bytes)
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path);
        string up = string.Concat(Enumerable.Repeat("../", file.Path.Count(c => c == '/') + 2));
        if (!_link(path, $"{up}blobs/{file.Hash}") && LengthOf(path) != file.Bytes)
        {
            File.Move(BlobOf(file.Hash), path, overwrite: true);
        }
    }

    /// <summary>A file's length, behind links; null if it is not there.</summary>
    public static long? LengthOf(string path)
    {
        try
        {
            var file = new FileInfo(path);
            FileSystemInfo end = file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
            return end is FileInfo { Exists: true } target ? target.Length : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private string PathIn(string commit, string path) => Path.Combine(SnapshotOf(commit), path);

    private string RefOf(string revision) => Path.Combine(_layout.Folder, "refs", revision);

    private static bool TryLink(string path, string target)
    {
        try
        {
            File.CreateSymbolicLink(path, target);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            return false; // file systems without links, Windows without the right to make them, or another process was faster
        }
    }
}
