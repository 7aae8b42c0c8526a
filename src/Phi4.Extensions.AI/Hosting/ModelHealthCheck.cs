// SPDX-License-Identifier: MIT
using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Phi4.Extensions.AI.Hosting;

/// <summary>Healthy once the model has generated a token; degraded while too many requests wait; unhealthy before, after a failure, and while the host stops.</summary>
internal sealed class ModelHealthCheck(Phi4ModelHost host) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(host.State switch
    {
        Phi4ModelState.Ready => OfReady(host.ReadyModel!),
        Phi4ModelState.Failed => new HealthCheckResult(context.Registration.FailureStatus, $"{host.Options.Model} could not be loaded.", host.Failure),
        Phi4ModelState.Loading => new HealthCheckResult(
            context.Registration.FailureStatus, string.Create(CultureInfo.InvariantCulture, $"Loading {host.Options.Model}: {host.LoadedPercent} %.")),
        Phi4ModelState.Stopping => new HealthCheckResult(context.Registration.FailureStatus, "The application is stopping."),
        _ => new HealthCheckResult(context.Registration.FailureStatus, $"{host.Options.Model} is loaded by the first request."),
    });

    private HealthCheckResult OfReady(Phi4Model model)
    {
        Phi4ModelStatus status = model.GetStatus();
        var data = new Dictionary<string, object>
        {
            ["device"] = model.Device.ToString(),
            ["running"] = status.RunningSequences,
            ["waiting"] = status.WaitingSequences,
            ["freeCacheTokens"] = status.FreeCacheTokens,
            ["cacheTokens"] = status.CacheTokens,
        };
        return status.WaitingSequences > host.Options.MaxWaitingRequests
            ? HealthCheckResult.Degraded(string.Create(CultureInfo.InvariantCulture, $"{status.WaitingSequences} requests are waiting; limit {host.Options.MaxWaitingRequests}."), data: data)
            : HealthCheckResult.Healthy($"{host.Options.Model} answers.", data);
    }
}
