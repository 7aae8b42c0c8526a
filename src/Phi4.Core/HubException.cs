// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>The hub did not give what was asked of it. Files that were complete, and parts of others, stay in the cache: the same call goes on from there.</summary>
public sealed class HubException : Phi4Exception
{
    /// <summary>An error with its cause.</summary>
    public HubException(HubFailure failure, string model, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Failure = failure;
        Model = model;
    }

    /// <summary>What kind of failure it is.</summary>
    public HubFailure Failure { get; }

    /// <summary>The model, as <c>owner/name</c>.</summary>
    public string Model { get; }

    /// <summary>The file at hand; null where the model as a whole is meant.</summary>
    public string? File { get; init; }

    /// <summary>The hub's HTTP status; null if it sent none.</summary>
    public int? StatusCode { get; init; }

    /// <summary>How long the hub asks to be left alone; null if it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the same request may succeed a little later.</summary>
    internal bool IsTransient => Failure is HubFailure.Unreachable or HubFailure.RateLimited;
}

/// <summary>Ways in which a hub fails.</summary>
public enum HubFailure
{
    /// <summary>No such model, or a private one that the token does not open.</summary>
    ModelNotFound,

    /// <summary>The model has no such branch, tag or commit.</summary>
    RevisionNotFound,

    /// <summary>The model has no such file.</summary>
    FileNotFound,

    /// <summary>The token was refused, or none was given where one is needed.</summary>
    AccessDenied,

    /// <summary>The publisher's terms have to be accepted on the model's page first.</summary>
    Gated,

    /// <summary>Too many requests.</summary>
    RateLimited,

    /// <summary>No connection, a broken one, or a server that is not well; after several tries.</summary>
    Unreachable,

    /// <summary>An answer that is none of the hub's protocol, or not to be trusted.</summary>
    UnexpectedAnswer,

    /// <summary>The model would have to be downloaded, and offline mode forbids it.</summary>
    Offline,

    /// <summary>The repository holds no weights that can be loaded, or several of which one must be chosen.</summary>
    NothingToPull,

    /// <summary>The cache can't be changed: another process is downloading the model, or a link leads out of the cache.</summary>
    InUse,
}
