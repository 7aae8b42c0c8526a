// SPDX-License-Identifier: MIT
using System.Text;

namespace Phi4;

/// <summary>
/// Where models that are named, as in <c>microsoft/phi-4</c>, lie on this machine, and how they are downloaded. Immutable. What is null is taken from the
/// variables that Hugging Face's own tools read; docs/models.md has the list.
/// </summary>
public sealed record HubOptions
{
    /// <summary>The hub's address, http or https; null for <c>HF_ENDPOINT</c>, else <c>https://huggingface.co</c>.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>
    /// Folder of the hub cache, which is shared with Python's tools; null for <c>HF_HUB_CACHE</c>, else <c>hub</c> in <c>HF_HOME</c>, else in
    /// <c>~/.cache/huggingface</c>.
    /// </summary>
    public string? CacheFolder { get; init; }

    /// <summary>
    /// A folder of one's own, into which the files go by their names instead of into the cache; null for the cache. Files that are there are read and kept if they are the hub's,
    /// others of the same names are replaced.
    /// </summary>
    public string? LocalFolder { get; init; }

    /// <summary>
    /// Access token, sent to the hub's own host and to no other; null for <c>HF_TOKEN</c>, else the file that <c>hf auth login</c> wrote; empty for none.
    /// Never printed.
    /// </summary>
    public string? Token { get; init; }

    /// <summary>True: nothing is asked of the hub, models come from the cache. Null for <c>HF_HUB_OFFLINE</c>.</summary>
    public bool? Offline { get; init; }

    /// <summary>
    /// Patterns of files to download, <c>*</c> and <c>?</c> allowed; empty for what loading needs: configuration, tokenizer, safetensors and licence, or
    /// the repository's only GGUF file.
    /// </summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Patterns of files to leave out.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Files that are downloaded at once, 1 to 64.</summary>
    public int MaxParallelFiles { get; init; } = 4;

    /// <summary>Read the files that are there already and compare their hashes too; without it their sizes are compared.</summary>
    public bool Verify { get; init; }

    /// <summary>A connection over which nothing comes for so long is given up and tried anew. More than zero.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Sends the requests; null for the system's sockets and proxy. It must leave redirects alone (<c>AllowAutoRedirect = false</c>), and stays the caller's to dispose.
    /// </summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>The clock that waits and rates are measured by.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    // What a record prints by itself would have the token in it.
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append(System.Globalization.CultureInfo.InvariantCulture, $"Endpoint = {Endpoint}, CacheFolder = {CacheFolder}, Offline = {Offline}, ");
        builder.Append(Token is { Length: > 0 } ? "Token = (hidden)" : "Token = none or the environment's");
        return true;
    }
}
