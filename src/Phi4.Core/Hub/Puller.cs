// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace Phi4.Core.Hub;

/// <summary>Brings a model into the cache: list, choose, describe, look whether it fits, download, and only then let its name lead there.</summary>
/// <param name="model">The model.</param>
/// <param name="options">Complete options.</param>
/// <param name="cache">Its place; null for the one that the options name.</param>
/// <param name="freeBytes">Bytes that are free where a folder lies; null for the disk's.</param>
internal sealed class Puller(HubModelName model, HubOptions options, HubCache? cache = null, Func<string, long>? freeBytes = null)
{
    private readonly HubCache _cache = cache ?? HubCache.Of(options, model);
    private readonly Func<string, long> _freeBytes = freeBytes ?? (folder => new DriveInfo(folder).AvailableFreeSpace);

    public async Task<PullPlan> PlanAsync(CancellationToken cancellationToken)
    {
        RequireOnline();
        using var client = new HubClient(model, options);
        return await PlanAsync(client, null, cancellationToken).ConfigureAwait(false);
    }

    public async Task<PulledModel> PullAsync(IProgress<PullProgress>? progress, CancellationToken cancellationToken)
    {
        if (options.Offline == true)
        {
            return FindOffline();
        }

        var meter = new PullMeter(progress, options.TimeProvider);
        using var client = new HubClient(model, options);
        PullPlan plan = await PlanAsync(client, meter, cancellationToken).ConfigureAwait(false);
        RequireRoom(plan);
        meter.Begin(plan.Files);
        var limits = new ParallelOptions { MaxDegreeOfParallelism = options.MaxParallelFiles, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(plan.Files.OrderBy(file => file.Bytes), limits, async (file, stop) =>
        {
            using var download = new BlobDownload(client, _cache, options, meter, plan.Commit, file);
            await download.RunAsync(stop).ConfigureAwait(false);
            meter.FileDone();
        }).ConfigureAwait(false);
        _cache.PointTo(plan.Commit);
        return new PulledModel(
            model.Id, plan.Commit, PathOf(plan), [.. plan.Files.Select(file => file with { CachedBytes = file.Bytes })], meter.Received);
    }

    private async Task<PullPlan> PlanAsync(HubClient client, PullMeter? meter, CancellationToken cancellationToken)
    {
        Patience Patience() => new(options.TimeProvider, Hub.Patience.OfQuestions, meter is null ? null : meter.Waits);
        HubListing listing = await Patience().TryAsync(() => client.ListAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        IReadOnlyCollection<string> shards = FileSelection.NeedsIndex(listing.Files, options)
            ? ShardsOf(client, await Patience().TryAsync(() => client.ReadAsync(listing.Commit, FileSelection.IndexFile, cancellationToken), cancellationToken).ConfigureAwait(false))
            : [];
        IReadOnlyList<string> wanted = FileSelection.Choose(
            listing.Files, shards, options, what => new HubException(HubFailure.NothingToPull, model.Id, $"{model}: {what}."));
        var files = new HubFile[wanted.Count];
        var limits = new ParallelOptions { MaxDegreeOfParallelism = options.MaxParallelFiles, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, files.Length, limits, async (index, stop) =>
        {
            HubFile file = await Patience().TryAsync(() => client.DescribeAsync(listing.Commit, wanted[index], stop), stop).ConfigureAwait(false);
            if (options.Verify || options.LocalFolder is not null)
            {
                await VerifyAsync(listing.Commit, file, stop).ConfigureAwait(false);
            }

            files[index] = _cache.Measure(listing.Commit, file);
        }).ConfigureAwait(false);
        return new PullPlan(model.Id, model.Revision, listing.Commit, _cache.SnapshotOf(listing.Commit), files);
    }

    /// <summary>Forgets a file that is there and is not what the hub has.</summary>
    private async Task VerifyAsync(string commit, HubFile file, CancellationToken cancellationToken)
    {
        if (_cache.FindComplete(commit, file) is { } path)
        {
            using var hash = new BlobHash(file);
            await using (FileStream content = File.OpenRead(path))
            {
                await hash.AppendAsync(content, file.Bytes, cancellationToken).ConfigureAwait(false);
            }

            if (hash.Current() != file.Hash)
            {
                _cache.Forget(commit, file);
            }
        }
    }

    private static IReadOnlyCollection<string> ShardsOf(HubClient client, byte[] index)
    {
        try
        {
            return FileSelection.ShardsOf(index);
        }
        catch (JsonException e)
        {
            throw client.Errors.Unexpected(FileSelection.IndexFile, $"it can't be read: {e.Message.TrimEnd('.')}", e);
        }
    }

    private PulledModel FindOffline()
    {
        try
        {
            return CachedModel.Find(_cache, options);
        }
        catch (ModelNotCachedException e)
        {
            throw Offline($"the cache {_cache.Root} {e.Lacks}, and offline mode forbids asking the hub", e);
        }
    }

    private void RequireOnline()
    {
        if (options.Offline == true)
        {
            throw Offline("offline mode forbids asking the hub", null);
        }
    }

    private HubException Offline(string why, Exception? cause) => new(HubFailure.Offline, model.Id, $"{model}: {why}.", cause);

    private void RequireRoom(PullPlan plan)
    {
        Directory.CreateDirectory(_cache.Root);
        long free = _freeBytes(_cache.Root);
        if (free < plan.MissingBytes)
        {
            throw new InsufficientDiskSpaceException(_cache.Root, plan.MissingBytes, free);
        }
    }

    /// <summary>What is to be loaded of it; where patterns chose something else than a model, the folder.</summary>
    private string PathOf(PullPlan plan)
    {
        try
        {
            return CachedModel.PathOf(_cache, plan.Folder, options);
        }
        catch (ModelNotCachedException) when (options.Include.Count + options.Exclude.Count > 0)
        {
            return plan.Folder;
        }
    }
}
