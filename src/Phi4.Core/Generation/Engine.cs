// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using Phi4.Core.Batching;
using Phi4.Core.Configuration;
using Phi4.Core.Diagnostics;
using Phi4.Core.Model;
using Phi4.Core.Scheduling;
using Phi4.Core.State;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Core.Generation;

/// <summary>
/// Runs the steps, on a thread of its own: the only one that touches kernels, cache and scheduler, so none of them needs a lock.
/// Others hand it sequences (<see cref="Submit"/>) and small jobs (<see cref="Invoke"/>).
/// </summary>
internal sealed class Engine : IDisposable
{
    private readonly IKernels _kernels;
    private readonly ModelWeights _weights;
    private readonly Transformer _transformer;
    private readonly KvCache _cache;
    private readonly StepBuffers _buffers;
    private readonly DeviceSampler? _sampler;
    private readonly Action<TensorView>? _choose;
    private readonly Scheduler _scheduler;
    private readonly float[] _logits;
    private readonly ConcurrentQueue<Action> _inbox = new();
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly Thread _thread;
    private readonly IDisposable _gauges;
    private readonly Lock _door = new();
    private bool _closed;

    /// <summary>Takes over kernels and weights: disposing the engine disposes them.</summary>
    public Engine(ModelConfig config, ModelWeights weights, IKernels kernels, EngineLimits limits)
    {
        _kernels = kernels;
        _weights = weights;
        Limits = limits;
        try
        {
            _transformer = new Transformer(config, weights, kernels, limits.ContextLength);
            _cache = new KvCache(config, kernels, limits.CacheType, limits.PageCount);
            _buffers = new StepBuffers(config, kernels, limits.Step);
            _sampler = kernels.SamplesItself && config.VocabSize <= SamplingPlan.MostColumns ? new DeviceSampler(kernels, limits.Step.LogitRows, config.VocabSize) : null;
        }
        catch
        {
            _buffers?.Dispose();
            _cache?.Dispose();
            _transformer?.Dispose();
            throw;
        }

        _choose = _sampler is null ? null : _sampler.Choose;
        _scheduler = new Scheduler(_cache, RopeRows.Of(config.Rope), limits.Step, limits.KeepsPrompts);
        _logits = new float[config.VocabSize];
        Footprint = new ModelFootprint(weights.ByteCount, weights.BytesPerToken, _cache.BytesPerToken)
        {
            LayerWeights = ModelWeights.TypeOf(weights.Layers[0].Down),
            HeadWeights = ModelWeights.TypeOf(weights.Head),
        };
        _thread = new Thread(Run) { IsBackground = true, Name = "phi4-engine" };
        _thread.Start();
        _gauges = EngineGauges.Register(Load);
    }

    public EngineLimits Limits { get; }

    public ModelFootprint Footprint { get; }

    /// <summary>Queues a sequence; it hears of its logits and its end on the engine's thread.</summary>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public void Submit(ScheduledSequence sequence) => Post(() => _scheduler.Add(sequence));

    /// <summary>Runs a small job on the engine's thread, between steps, and waits for it. Nothing when the engine is closed: its state is gone.</summary>
    public void Invoke(Action<KvCache> job)
    {
        using var done = new ManualResetEventSlim();
        try
        {
            Post(() =>
            {
                job(_cache);
                done.Set();
            });
        }
        catch (ObjectDisposedException)
        {
            return;
        }

        while (!done.Wait(TimeSpan.FromMilliseconds(100)) && _thread.IsAlive)
        {
        }
    }

    /// <summary>Gives a sequence's pages back, soon, without waiting; a request that is still using them is stopped first.</summary>
    public void Release(PageTable pages, ForwardRequest? request)
    {
        try
        {
            Post(() =>
            {
                if (request is { Completion.IsCompleted: false })
                {
                    request.Abandon();
                }
                else
                {
                    _cache.Truncate(pages, 0);
                }
            });
        }
        catch (ObjectDisposedException)
        {
            // The pages went with the engine.
        }
    }

    public EngineStatus Status()
    {
        var status = new EngineStatus(0, 0, _cache.PageCount, 0, _cache.PageCount, 0);
        Invoke(cache => status = new EngineStatus(
            _scheduler.RunningCount, _scheduler.WaitingCount, cache.FreePageCount, cache.IdlePageCount, cache.PageCount, _scheduler.PreemptionCount));
        return status;
    }

    /// <summary>Stops after the step in progress; every open sequence fails with <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        lock (_door)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
        }

        _gauges.Dispose();
        _wake.Set();
        _thread.Join();
        _sampler?.Dispose();
        _buffers.Dispose();
        _cache.Dispose();
        _transformer.Dispose();
        _weights.Dispose();
        _kernels.Dispose();
        _wake.Dispose();
    }

    /// <summary>Read on whatever thread asks: whole numbers, each as it was a moment ago.</summary>
    private EngineLoad Load() => new(
        _scheduler.RunningCount, _scheduler.WaitingCount, _scheduler.PreemptionCount, _cache.PageCount - _cache.FreePageCount, _cache.IdlePageCount, _cache.PageCount);

    private void Post(Action action)
    {
        lock (_door)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(Phi4Model));
            _inbox.Enqueue(action);
            _wake.Set();
        }
    }

    private void Run()
    {
        while (!Volatile.Read(ref _closed))
        {
            ReadInbox();
            if (!Step())
            {
                _wake.WaitOne();
            }
        }

        ReadInbox();
        _scheduler.FailAll(new ObjectDisposedException(nameof(Phi4Model)));
    }

    private void ReadInbox()
    {
        while (_inbox.TryDequeue(out Action? action))
        {
            action();
        }
    }

    /// <summary>One batch through the model.</summary>
    /// <returns>False if there was nothing to do.</returns>
    private bool Step()
    {
        try
        {
            if (_scheduler.NextBatch() is not { } batch)
            {
                return false;
            }

            if (batch.WantedCount == batch.TokenCount && batch.WantedCount <= _buffers.Capacity.LogitRows)
            {
                Answer(batch);
            }
            else
            {
                _transformer.Forward(batch, _cache, _buffers);
                _scheduler.Advance();
                HandOutLogits(batch);
            }
        }
#pragma warning disable CA1031 // Whatever went wrong belongs to the requests of this step: they get it, and the engine lives on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _scheduler.FailAll(DeviceErrors.Translate(e));
        }

        _scheduler.Retire();
        return true;
    }

    /// <summary>A step that nobody reads a prompt in, in one piece.</summary>
    private void Answer(Batch batch)
    {
        _sampler?.Plan(batch.WantedRows, _scheduler);
        TensorView logits = _transformer.Answer(batch, _cache, _buffers, _sampler is { HasPlanned: true } ? _choose : null);
        _scheduler.Advance();
        HandOut(batch.WantedRows, logits);
    }

    private void HandOutLogits(Batch batch)
    {
        int roundSize = _buffers.Capacity.LogitRows;
        for (int done = 0; done < batch.WantedCount; done += roundSize)
        {
            ReadOnlySpan<int> rows = batch.WantedRows.Slice(done, Math.Min(roundSize, batch.WantedCount - done));
            TensorView logits = _transformer.Logits(rows, batch, _buffers);
            _sampler?.Plan(rows, _scheduler);
            _sampler?.Choose(logits);
            HandOut(rows, logits);
        }
    }

    private void HandOut(ReadOnlySpan<int> rows, TensorView logits)
    {
        ReadOnlySpan<int> chosen = _sampler is null ? default : _sampler.Chosen();
        for (int i = 0; i < rows.Length; i++)
        {
            (ScheduledSequence sequence, int position) = _scheduler.OwnerOf(rows[i]);
            if (sequence.IsFinished)
            {
                continue;
            }

            int token = i < chosen.Length ? chosen[i] : -1;
            if (token < 0)
            {
                _kernels.Read<float>(_logits, logits.RowRange(i, 1));
            }

            Accept(sequence, position, token);
        }
    }

    private void Accept(ScheduledSequence sequence, int position, int token)
    {
        try
        {
            if (token >= 0)
            {
                sequence.Accept(position, token);
            }
            else
            {
                sequence.Accept(position, _logits.AsSpan());
            }
        }
#pragma warning disable CA1031 // A request that cannot use its logits fails alone.
        catch (Exception e)
#pragma warning restore CA1031
        {
            sequence.Fail(DeviceErrors.Translate(e));
        }
    }
}

/// <summary>Sizes fixed when a model is loaded.</summary>
/// <param name="ContextLength">Longest sequence, in tokens.</param>
/// <param name="CacheType">F32, BF16 or I8.</param>
/// <param name="PageCount">Pages of the whole cache.</param>
/// <param name="Step">The largest step.</param>
/// <param name="KeepsPrompts">Whether what a request has computed is kept for those that begin as it did.</param>
internal sealed record EngineLimits(int ContextLength, DType CacheType, int PageCount, StepCapacity Step, bool KeepsPrompts = true);

/// <summary>What the engine is doing, between two steps.</summary>
internal readonly record struct EngineStatus(int RunningCount, int WaitingCount, int FreePageCount, int IdlePageCount, int PageCount, long PreemptionCount);
