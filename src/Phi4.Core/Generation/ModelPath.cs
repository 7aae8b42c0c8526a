// SPDX-License-Identifier: MIT
using Phi4.Core.Hub;

namespace Phi4.Core.Generation;

/// <summary>From what a caller names to files: a path that is there is a path, else a name as <c>microsoft/phi-4</c> is looked for in the hub cache.</summary>
internal static class ModelPath
{
    /// <exception cref="ModelNotCachedException">It has the form of a name, and is not there.</exception>
    public static string Find(string path, HubOptions? hub) => IsPath(path) ? path : Phi4Hub.Find(path, hub);

    /// <summary>As <see cref="Find"/>; downloads what is not there if the options allow it.</summary>
    public static async Task<string> FindAsync(string path, Phi4LoadOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return Find(path, options.Hub);
        }
        catch (ModelNotCachedException) when (options.AllowDownload)
        {
            PulledModel pulled = await Phi4Hub.PullAsync(path, options.Hub, options.DownloadProgress, cancellationToken).ConfigureAwait(false);
            return pulled.Path;
        }
    }

    private static bool IsPath(string path) => Directory.Exists(path) || File.Exists(path) || !HubModelName.TryParse(path, out _);
}
