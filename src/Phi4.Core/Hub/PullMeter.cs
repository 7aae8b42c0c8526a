// SPDX-License-Identifier: MIT
namespace Phi4.Core.Hub;

/// <summary>Adds up what several downloads get, and tells whoever wants to know, five times a second at most. Any thread may call.</summary>
internal sealed class PullMeter(IProgress<PullProgress>? progress, TimeProvider time)
{
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LeastForARate = TimeSpan.FromSeconds(0.5);

    private readonly Lock _door = new();
    private readonly Queue<(long When, long Received)> _samples = new();
    private long _done;
    private long _total;
    private int _files;
    private int _fileCount;
    private long _lastReport;
    private string? _waiting;

    /// <summary>Bytes that came over the network.</summary>
    public long Received { get; private set; }

    /// <summary>Begins with what is there.</summary>
    public void Begin(IReadOnlyList<HubFile> files)
    {
        lock (_door)
        {
            _total = files.Sum(file => file.Bytes);
            _done = files.Sum(file => file.CachedBytes);
            _fileCount = files.Count;
            _samples.Enqueue((time.GetTimestamp(), 0));
            Report();
        }
    }

    /// <summary>Bytes that came.</summary>
    public void Add(int bytes)
    {
        lock (_door)
        {
            _done += bytes;
            Received += bytes;
            long now = time.GetTimestamp();
            if (time.GetElapsedTime(_lastReport, now) >= ReportEvery)
            {
                _samples.Enqueue((now, Received));
                while (_samples.Count > 2 && time.GetElapsedTime(_samples.Peek().When, now) > Window)
                {
                    _samples.Dequeue();
                }

                Report();
            }
        }
    }

    /// <summary>Bytes that are there after all, brought by somebody else, or, if negative, have to come again.</summary>
    public void Correct(long bytes)
    {
        lock (_door)
        {
            _done += bytes;
        }
    }

    public void FileDone()
    {
        lock (_door)
        {
            _files++;
            Report();
        }
    }

    /// <summary>Why a file does not move; null when it does again.</summary>
    public void Waits(string? reason)
    {
        lock (_door)
        {
            _waiting = reason;
            Report();
        }
    }

    private void Report()
    {
        long now = time.GetTimestamp();
        _lastReport = now;
        (long since, long before) = _samples.Count > 0 ? _samples.Peek() : (now, 0);
        TimeSpan span = time.GetElapsedTime(since, now);
        double? rate = span >= LeastForARate && Received > before ? (Received - before) / span.TotalSeconds : null;
        TimeSpan? remaining = rate is { } perSecond ? TimeSpan.FromSeconds(Math.Min(Math.Max(0, _total - _done) / perSecond, TimeSpan.FromDays(99).TotalSeconds)) : null;
        progress?.Report(new PullProgress(_done, _total, _files, _fileCount, rate, remaining, _waiting));
    }
}
