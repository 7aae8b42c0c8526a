// SPDX-License-Identifier: MIT
using Phi4.Core.Hub;

namespace Phi4;

/// <summary>
/// Downloads models from a hub that speaks Hugging Face's protocol, into the cache that Python's tools use too. <see cref="Phi4Model.LoadAsync"/> takes the same names.
/// </summary>
public static class Phi4Hub
{
    /// <summary>Whether a text has the form of a model's name: <c>owner/name</c> or <c>owner/name@revision</c>. It may still be a path.</summary>
    public static bool IsModelName(string text) => HubModelName.TryParse(text, out _);

    /// <summary>
    /// Brings a model into the cache: what is there is kept, what is half there is continued, every file's size and hash are checked. Several files at once; other
    /// processes that pull the same wait for each other. The name leads to the new files when all of them are there.
    /// </summary>
    /// <param name="model"><c>owner/name</c>, or <c>owner/name@revision</c> for a branch, tag or commit other than <c>main</c>.</param>
    /// <param name="options">Hub, cache, choice of files; null for the environment's.</param>
    /// <param name="progress">Told a few times a second.</param>
    /// <param name="cancellationToken">Stops; what has come stays for the next call.</param>
    /// <exception cref="InvalidOptionsException">An impossible name or option.</exception>
    /// <exception cref="HubException">The hub refuses, is not well, or has nothing that can be loaded.</exception>
    /// <exception cref="DownloadMismatchException">A file came twice in another form than announced.</exception>
    /// <exception cref="InsufficientDiskSpaceException">The files do not fit; nothing was downloaded.</exception>
    public static Task<PulledModel> PullAsync(
        string model, HubOptions? options = null, IProgress<PullProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        Puller puller = Create(model, options);
        return Task.Run(() => puller.PullAsync(progress, cancellationToken), cancellationToken);
    }

    /// <summary>What <see cref="PullAsync"/> would download, without downloading.</summary>
    /// <param name="model">As for <see cref="PullAsync"/>.</param>
    /// <param name="options">As for <see cref="PullAsync"/>.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="InvalidOptionsException">An impossible name or option.</exception>
    /// <exception cref="HubException">The hub refuses, is not well, or has nothing that can be loaded.</exception>
    public static Task<PullPlan> PlanAsync(string model, HubOptions? options = null, CancellationToken cancellationToken = default)
    {
        Puller puller = Create(model, options);
        return Task.Run(() => puller.PlanAsync(cancellationToken), cancellationToken);
    }

    /// <summary>Where a downloaded model lies: its folder, or its GGUF file. Asks the hub nothing.</summary>
    /// <param name="model">As for <see cref="PullAsync"/>.</param>
    /// <param name="options">The cache; with <see cref="HubOptions.Include"/>, which of several GGUF files.</param>
    /// <exception cref="ModelNotCachedException">It is not there, or not all of it.</exception>
    /// <exception cref="InvalidOptionsException">An impossible name or option.</exception>
    public static string Find(string model, HubOptions? options = null)
    {
        HubModelName name = HubModelName.Parse(model);
        HubOptions complete = HubEnvironment.Complete(options, Environment.GetEnvironmentVariable);
        return complete.LocalFolder is null
            ? CachedModel.Find(HubCache.Of(complete, name), complete).Path
            : throw new InvalidOptionsException(nameof(complete.LocalFolder), complete.LocalFolder, "null, to look into the cache; a folder is loaded by its path");
    }

    /// <summary>The models of the cache, by name. Asks the hub nothing.</summary>
    /// <param name="options">The cache; null for the environment's.</param>
    /// <exception cref="InvalidOptionsException">An impossible option.</exception>
    public static IReadOnlyList<CachedRepository> List(HubOptions? options = null) =>
        CacheInventory.List(HubEnvironment.Complete(options, Environment.GetEnvironmentVariable).CacheFolder!);

    /// <summary>
    /// Removes a model from the cache: <c>owner/name</c> with everything of it, <c>owner/name@revision</c> that revision and the bytes that no other revision needs. Nothing outside of
    /// the model's folder in the cache is touched, whatever links there say. A model that is being downloaded is left alone.
    /// </summary>
    /// <param name="model">The name.</param>
    /// <param name="options">The cache; null for the environment's.</param>
    /// <param name="dryRun">Only tell what would be removed.</param>
    /// <returns>What was, or would be, removed.</returns>
    /// <exception cref="ModelNotCachedException">It is not there, or has no such revision.</exception>
    /// <exception cref="HubException">It is being downloaded (<see cref="HubFailure.InUse"/>), or its folder is a link that leads out of the cache.</exception>
    /// <exception cref="InvalidOptionsException">An impossible name or option.</exception>
    public static RemovedModel Remove(string model, HubOptions? options = null, bool dryRun = false)
    {
        HubModelName name = HubModelName.Parse(model);
        string? revision = model.Contains('@', StringComparison.Ordinal) ? name.Revision : null;
        return CacheRemoval.Run(HubEnvironment.Complete(options, Environment.GetEnvironmentVariable).CacheFolder!, name, revision, dryRun);
    }

    /// <summary>Options with everything that other variables than the process's own say.</summary>
    /// <param name="environment">Looks up a variable; null if it is not set.</param>
    /// <exception cref="InvalidOptionsException">A variable holds what it can't.</exception>
    public static HubOptions OptionsFrom(Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        return HubEnvironment.Complete(null, environment);
    }

    private static Puller Create(string model, HubOptions? options) =>
        new(HubModelName.Parse(model), HubEnvironment.Complete(options, Environment.GetEnvironmentVariable));
}
