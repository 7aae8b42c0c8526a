// SPDX-License-Identifier: MIT
using Microsoft.Extensions.Logging;

namespace Phi4.Extensions.AI.Hosting;

/// <summary>Turns the progress of loading into a line of the log every few seconds, and remembers how far it is.</summary>
internal sealed class LoadReport(ILogger logger, string model, TimeProvider time) : IProgress<LoadProgress>
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private long _lastLine = time.GetTimestamp();

    /// <summary>0 to 100.</summary>
    public int Percent { get; private set; }

    public void Report(LoadProgress value)
    {
        lock (_lock)
        {
            Percent = value.BytesTotal == 0 ? 0 : (int)(100 * value.BytesDone / value.BytesTotal);
            if (time.GetElapsedTime(_lastLine) >= Interval)
            {
                _lastLine = time.GetTimestamp();
                HostLog.Progress(logger, model, Percent, value.BytesTotal / 1_000_000);
            }
        }
    }
}
