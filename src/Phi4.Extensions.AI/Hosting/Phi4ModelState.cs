// SPDX-License-Identifier: MIT
namespace Phi4.Extensions.AI.Hosting;

/// <summary>Where a hosted model is in its life.</summary>
public enum Phi4ModelState
{
    /// <summary>Nobody has asked for it.</summary>
    NotLoaded,

    /// <summary>Weights are being read, or the self-test runs.</summary>
    Loading,

    /// <summary>It has generated a token, and answers.</summary>
    Ready,

    /// <summary>It could not be loaded, or failed its self-test.</summary>
    Failed,

    /// <summary>It takes no new requests; those in the making go on.</summary>
    Stopping,
}
