// SPDX-License-Identifier: MIT
namespace Phi4.Extensions.AI.Hosting;

/// <summary>
/// Which model an application runs, and how. Read from the configuration's section <c>Phi4</c>, or <c>Phi4:Keyed:KEY</c> for a keyed model, then from code; checked when the host
/// starts. In the configuration the properties of <see cref="Load"/> stand beside the others: <c>Phi4:Weights</c>, not <c>Phi4:Load:Weights</c>.
/// </summary>
public sealed class Phi4Options
{
    /// <summary>What <see cref="Phi4Model.LoadAsync"/> takes. Has to be set.</summary>
    public string Model { get; set; } = "";

    /// <summary>Device, context, cache, weights.</summary>
    public Phi4LoadOptions Load { get; set; } = new();

    /// <summary>What the chat client is told. In the configuration: its <c>ModelId</c>.</summary>
    public Phi4ChatClientOptions Chat { get; set; } = new();

    /// <summary>Whether loading begins with the host, in the background; else with the first request.</summary>
    public bool LoadOnStartup { get; set; } = true;

    /// <summary>With more requests waiting than this the health check says that the model is degraded. 0 or more.</summary>
    public int MaxWaitingRequests { get; set; } = 64;

    /// <summary>How long a host that stops waits for answers in the making, within its own patience. 0 or more.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);
}
