// SPDX-License-Identifier: MIT
using Microsoft.Extensions.Logging;

namespace Phi4.Extensions.AI.Hosting;

/// <summary>Every line that a hosted model writes to the log.</summary>
internal static partial class HostLog
{
    [LoggerMessage(1, LogLevel.Information, "Loading {Model}")]
    public static partial void Loading(ILogger logger, string model);

    [LoggerMessage(2, LogLevel.Information, "Loading {Model}: {Percent} % of {TotalMegabytes} MB")]
    public static partial void Progress(ILogger logger, string model, int percent, long totalMegabytes);

    [LoggerMessage(3, LogLevel.Information, "Loaded {Model} on {Device} in {Seconds:F1} s, self-test passed; context {ContextLength}. {Reason}")]
    public static partial void Loaded(ILogger logger, string model, Phi4Device device, double seconds, int contextLength, string reason);

    [LoggerMessage(4, LogLevel.Error, "{Model} could not be loaded")]
    public static partial void Failed(ILogger logger, string model, Exception failure);

    [LoggerMessage(5, LogLevel.Information, "Stopping {Model}: waiting for {Count} answers")]
    public static partial void Draining(ILogger logger, string model, int count);

    [LoggerMessage(6, LogLevel.Warning, "Stopping {Model}: {Count} answers were not done in time and are cut")]
    public static partial void Cut(ILogger logger, string model, int count);
}
