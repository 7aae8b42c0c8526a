// SPDX-License-Identifier: MIT
namespace Phi4.Core.Hub;

/// <summary>A token that is cancelled when nothing has happened for too long, or when the caller's is.</summary>
internal sealed class StallGuard : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly ITimer _timer;
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _caller;

    public StallGuard(HubOptions options, CancellationToken caller)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(caller);
        _timeout = options.StallTimeout;
        _caller = caller;
        _timer = options.TimeProvider.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), _source, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Restart();
    }

    public CancellationToken Token => _source.Token;

    /// <summary>Nothing happened in time, and nobody asked to stop.</summary>
    public bool HasStalled => _source.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>Something has happened.</summary>
    public void Restart() => _timer.Change(_timeout, Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _timer.Dispose();
        _source.Dispose();
    }
}
