// SPDX-License-Identifier: MIT
using Microsoft.Extensions.Hosting;

namespace Phi4.Extensions.AI.Hosting;

/// <summary>
/// Loads the model in the background while the host starts. A model that can't be loaded ends the host, as every background service that fails does
/// (<c>HostOptions.BackgroundServiceExceptionBehavior</c>). When the host stops, answers in the making are waited for.
/// </summary>
internal sealed class ModelService(Phi4ModelHost host) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (host.Options.LoadOnStartup)
        {
            try
            {
                await host.GetModelAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (host.State == Phi4ModelState.Stopping)
            {
                // The host is leaving before the model was there.
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await host.DrainAsync(cancellationToken).ConfigureAwait(false);
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
    }
}
