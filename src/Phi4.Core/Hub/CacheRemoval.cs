// SPDX-License-Identifier: MIT
namespace Phi4.Core.Hub;

/// <summary>Takes a model, or one of its revisions, out of the cache. Names go first, then what they lead to: a removal that is cut short leaves nothing that looks whole.</summary>
internal static class CacheRemoval
{
    public static RemovedModel Run(string root, HubModelName model, string? revision, bool dryRun)
    {
        HubLayout layout = HubLayout.InCache(root, model);
        string folder = layout.Folder;
        if (new DirectoryInfo(folder) is { Exists: true, LinkTarget: { } target })
        {
            throw new HubException(HubFailure.InUse, model.Id, $"{model.Id}: {folder} is a link to {target}, outside of what may be removed; remove the link and what it leads to by hand.");
        }

        if (!Directory.Exists(folder))
        {
            throw Missing(root, model, "does not hold it");
        }

        List<FileStream> locks = dryRun ? [] : TakeLocks(layout, model);
        try
        {
            CachedRepository found = CacheInventory.Describe(model, folder);
            return revision is null ? RemoveAll(found, dryRun) : RemoveRevision(found, Choose(root, model, revision, found), dryRun);
        }
        finally
        {
            locks.ForEach(held => held.Dispose());
        }
    }

    private static CachedRevision Choose(string root, HubModelName model, string revision, CachedRepository found) =>
        found.Revisions.FirstOrDefault(other => other.Commit == revision || other.Names.Contains(revision)) ?? throw Missing(root, model, $"holds no revision {revision} of it");

    private static RemovedModel RemoveAll(CachedRepository found, bool dryRun)
    {
        if (!dryRun)
        {
            foreach (string part in (string[])["refs", "snapshots", "blobs"])
            {
                Delete(Path.Combine(found.Folder, part));
            }

            Delete(found.Folder);
        }

        return new RemovedModel(found.Model, [.. found.Revisions.Select(revision => revision.Commit)], found.Bytes);
    }

    private static RemovedModel RemoveRevision(CachedRepository found, CachedRevision revision, bool dryRun)
    {
        string snapshots = Path.Combine(found.Folder, "snapshots");
        string snapshot = Path.Combine(snapshots, revision.Commit);
        HashSet<string> needed = [.. found.Revisions.Where(other => other != revision).SelectMany(other => BlobsOf(found, Path.Combine(snapshots, other.Commit)))];
        FileInfo[] blobs = [.. BlobsOf(found, snapshot).Distinct().Where(blob => !needed.Contains(blob)).Select(blob => new FileInfo(blob)).Where(blob => blob.Exists)];
        long bytes = blobs.Sum(blob => blob.Length)
            + CacheInventory.FilesIn(snapshot).Select(file => new FileInfo(file)).Where(file => file.LinkTarget is null).Sum(file => file.Length);
        if (!dryRun)
        {
            foreach (string name in revision.Names)
            {
                File.Delete(Path.Combine(found.Folder, "refs", name));
            }

            Delete(snapshot);
            foreach (FileInfo blob in blobs)
            {
                blob.Delete();
            }
        }

        return new RemovedModel(found.Model, [revision.Commit], bytes);
    }

    /// <summary>Blobs of this model that a snapshot's links lead to; links to anywhere else are not followed.</summary>
    private static IEnumerable<string> BlobsOf(CachedRepository found, string snapshot)
    {
        string blobs = Path.GetFullPath(Path.Combine(found.Folder, "blobs"));
        return CacheInventory.IsOwnFolder(blobs)
            ? CacheInventory.FilesIn(snapshot)
                .Select(file => new FileInfo(file)).Where(file => file.LinkTarget is not null)
                .Select(file => Path.GetFullPath(Path.Combine(file.DirectoryName!, file.LinkTarget!)))
                .Where(target => Path.GetDirectoryName(target) == blobs && BlobHash.IsHash(Path.GetFileName(target)))
            : [];
    }

    /// <summary>Removes a folder with what is in it; of a link, the link.</summary>
    private static void Delete(string folder)
    {
        if (CacheInventory.IsOwnFolder(folder))
        {
            Directory.Delete(folder, recursive: true); // does not go through links below
        }
        else if (new DirectoryInfo(folder).LinkTarget is not null)
        {
            Directory.Delete(folder);
        }
    }

    /// <summary>While they are held, nobody downloads files of the model; the lock files stay, as whoever waits has them open.</summary>
    private static List<FileStream> TakeLocks(HubLayout layout, HubModelName model)
    {
        List<FileStream> taken = [];
        foreach (string path in CacheInventory.FilesIn(layout.Locks))
        {
            if (HubLock.TryTake(path) is { } held)
            {
                taken.Add(held);
                continue;
            }

            taken.ForEach(other => other.Dispose());
            throw new HubException(HubFailure.InUse, model.Id, $"{model.Id}: another process is downloading it.");
        }

        return taken;
    }

    private static ModelNotCachedException Missing(string root, HubModelName model, string lacks) => new(model.Id, root, lacks);
}
