// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace Phi4.RandomCheckpoint;

/// <summary>A line every two seconds: bytes done, and how fast.</summary>
internal sealed class ProgressLine(TextWriter writer) : IProgress<(long Done, long Total)>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private TimeSpan _next = Interval;

    public void Report((long Done, long Total) value)
    {
        lock (_gate)
        {
            TimeSpan now = _watch.Elapsed;
            if (now >= _next)
            {
                _next = now + Interval;
                writer.WriteLine($"{value.Done / 1e9:F1} of {value.Total / 1e9:F1} GB, {value.Done / now.TotalSeconds / 1e9:F2} GB/s");
            }
        }
    }
}
