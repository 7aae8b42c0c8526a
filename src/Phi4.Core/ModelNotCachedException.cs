// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>A path leads nowhere, and as the name of a model it is not, or not wholly, in the hub cache. Nothing is downloaded unless that was asked for.</summary>
public sealed class ModelNotCachedException : Phi4Exception
{
    /// <summary>An error with what helps.</summary>
    /// <param name="model">The model, as <c>owner/name</c> or <c>owner/name@revision</c>.</param>
    /// <param name="cacheFolder">Where it was looked for.</param>
    /// <param name="lacks">What is missing.</param>
    public ModelNotCachedException(string model, string cacheFolder, string lacks)
        : base(
            $"{model} is neither a file or folder nor a downloaded model: the hub cache {cacheFolder} {lacks}. "
            + $"`phi4 pull {model}` or Phi4Hub.PullAsync(\"{model}\") downloads it; Phi4LoadOptions.AllowDownload lets loading do so.")
    {
        Model = model;
        CacheFolder = cacheFolder;
        Lacks = lacks;
    }

    /// <summary>The model's name.</summary>
    public string Model { get; }

    /// <summary>Where it was looked for.</summary>
    public string CacheFolder { get; }

    /// <summary>What is missing, as a phrase after the cache's name.</summary>
    public string Lacks { get; }
}
