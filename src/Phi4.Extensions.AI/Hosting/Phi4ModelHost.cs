// SPDX-License-Identifier: MIT
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace Phi4.Extensions.AI.Hosting;

/// <summary>
/// A model in an application: loaded once, when the host starts or when it is first asked for, tested with one token, shared by everybody, and let go when its requests are
/// done. Thread-safe. Comes from <see cref="Phi4ServiceCollectionExtensions.AddPhi4"/>.
/// </summary>
public sealed class Phi4ModelHost : IDisposable, IAsyncDisposable
{
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly LoadReport _report;
    private readonly CancellationTokenSource _leave = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _door = new();
    private Task<Phi4Model>? _loading;
    private int _openRequests;
    private bool _stopping;
    private bool _disposed;

    internal Phi4ModelHost(Phi4Options options, ILogger logger, TimeProvider time)
    {
        Options = options;
        _logger = logger;
        _time = time;
        _report = new LoadReport(logger, options.Model, time);
        ChatClient = new HostedChatClient(this);
    }

    /// <summary>Speaks with the model as soon as it is loaded: a request that comes before that waits. Made for a pipeline's innermost place.</summary>
    public IChatClient ChatClient { get; }

    /// <summary>Where the model is in its life.</summary>
    public Phi4ModelState State
    {
        get
        {
            lock (_door)
            {
                return _stopping ? Phi4ModelState.Stopping
                    : _loading is null ? Phi4ModelState.NotLoaded
                    : _loading.IsCompletedSuccessfully ? Phi4ModelState.Ready
                    : _loading.IsCompleted ? Phi4ModelState.Failed
                    : Phi4ModelState.Loading;
            }
        }
    }

    internal Phi4Options Options { get; }

    /// <summary>How much of the weights has been read, 0 to 100.</summary>
    internal int LoadedPercent => _report.Percent;

    /// <summary>The model if it is ready, without waiting.</summary>
    internal Phi4Model? ReadyModel => _loading is { IsCompletedSuccessfully: true } loading ? loading.Result : null;

    /// <summary>Why it could not be loaded, or null.</summary>
    internal Exception? Failure => _loading?.Exception?.InnerException;

    /// <summary>The model, for everything that a chat client does not do. Begins to load it where nobody has; it stays the host's to dispose.</summary>
    /// <param name="cancellationToken">Ends the waiting, not the loading.</param>
    /// <exception cref="Phi4Exception">It could not be loaded; the same for everybody who asks.</exception>
    public Task<Phi4Model> GetModelAsync(CancellationToken cancellationToken = default)
    {
        lock (_door)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _loading ??= Task.Run(LoadAsync);
            return _loading.WaitAsync(cancellationToken);
        }
    }

    /// <summary>A request begins; it ends when the result is disposed.</summary>
    /// <exception cref="ModelStoppingException">No new requests are taken.</exception>
    internal IDisposable OpenRequest()
    {
        lock (_door)
        {
            if (_stopping)
            {
                throw new ModelStoppingException(Options.Model);
            }

            _openRequests++;
            return new OpenedRequest(this);
        }
    }

    /// <summary>Takes no new requests, and waits for those in the making: as long as the options say or the caller has patience.</summary>
    internal async Task DrainAsync(CancellationToken cancellationToken)
    {
        int open;
        lock (_door)
        {
            _stopping = true;
            open = _openRequests;
        }

        await _leave.CancelAsync().ConfigureAwait(false);
        if (open == 0)
        {
            return;
        }

        HostLog.Draining(_logger, Options.Model, open);
        try
        {
            await _drained.Task.WaitAsync(Options.DrainTimeout, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            HostLog.Cut(_logger, Options.Model, Volatile.Read(ref _openRequests));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Stops loading, or disposes the model: requests still in the making end with <see cref="ObjectDisposedException"/>. Any number of times.</summary>
    public async ValueTask DisposeAsync()
    {
        Task<Phi4Model>? loading;
        lock (_door)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = _stopping = true;
            loading = _loading;
        }

        await _leave.CancelAsync().ConfigureAwait(false);
        if (loading is not null)
        {
            await ((Task)loading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (loading.IsCompletedSuccessfully)
            {
                await loading.Result.DisposeAsync().ConfigureAwait(false);
            }
        }

        _leave.Dispose();
    }

    private async Task<Phi4Model> LoadAsync()
    {
        long start = _time.GetTimestamp();
        HostLog.Loading(_logger, Options.Model);
        Phi4Model? model = null;
        try
        {
            model = await Phi4Model.LoadAsync(Options.Model, Options.Load, _report, _leave.Token).ConfigureAwait(false);
            await TestAsync(model).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            model?.Dispose();
            if (e is not OperationCanceledException)
            {
                HostLog.Failed(_logger, Options.Model, e);
            }

            throw;
        }

        HostLog.Loaded(_logger, Options.Model, model.Device, _time.GetElapsedTime(start).TotalSeconds, model.ContextLength, model.DeviceReason);
        return model;
    }

    /// <summary>One token: every weight has been read and every operation has run once.</summary>
    private Task<GenerationResult> TestAsync(Phi4Model model) =>
        model.CompleteAsync(Prompt.FromTokens([0]), new GenerationOptions { MaxTokens = 1, Temperature = 0, IgnoreEndTokens = true }, _leave.Token);

    private void CloseRequest()
    {
        lock (_door)
        {
            if (--_openRequests == 0 && _stopping)
            {
                _drained.TrySetResult();
            }
        }
    }

    private sealed class OpenedRequest(Phi4ModelHost host) : IDisposable
    {
        private bool _closed;

        public void Dispose()
        {
            if (!_closed)
            {
                _closed = true;
                host.CloseRequest();
            }
        }
    }
}
