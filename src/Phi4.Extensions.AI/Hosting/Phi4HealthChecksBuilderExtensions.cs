// SPDX-License-Identifier: MIT
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Phi4.Extensions.AI.Hosting;

/// <summary>Readiness of a hosted model.</summary>
public static class Phi4HealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds the check <c>phi4</c> (<c>phi4-KEY</c>) with the tag <c>ready</c>: healthy once the model has generated a token, degraded while more requests wait than
    /// <see cref="Phi4Options.MaxWaitingRequests"/>, else unhealthy. It says nothing of liveness: a process that is loading is alive.
    /// </summary>
    /// <param name="builder">From <c>AddHealthChecks</c>.</param>
    /// <param name="key">Which keyed model; null for the one without a key.</param>
    public static IHealthChecksBuilder AddPhi4(this IHealthChecksBuilder builder, string? key = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            key is null ? "phi4" : $"phi4-{key}",
            services => new ModelHealthCheck(key is null ? services.GetRequiredService<Phi4ModelHost>() : services.GetRequiredKeyedService<Phi4ModelHost>(key)),
            HealthStatus.Unhealthy,
            ["ready"]));
    }
}
