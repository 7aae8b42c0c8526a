// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Errors;

/// <summary>What may help when a hub does not give what was asked for.</summary>
internal static class HubHints
{
    public static string? For(HubException e) => e.Failure switch
    {
        HubFailure.AccessDenied => "set HF_TOKEN to a token that may read the model, or log in with `hf auth login`.",
        HubFailure.ModelNotFound => "is the name right? For a private model set HF_TOKEN, or log in with `hf auth login`.",
        HubFailure.Gated => "accept the terms in a browser, then set HF_TOKEN to a token of that account.",
        HubFailure.Unreachable => "is this machine online? What has come stays, and the same command goes on from there; HF_ENDPOINT names another hub.",
        HubFailure.RateLimited => "with HF_TOKEN set, hubs allow more.",
        HubFailure.Offline => "unset HF_HUB_OFFLINE to download.",
        HubFailure.InUse => "once the other process has ended, the same command may do it.",
        HubFailure.RevisionNotFound => "the model's page lists its branches, tags and commits.",
        _ => null,
    };
}
