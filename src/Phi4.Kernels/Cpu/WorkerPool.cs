// SPDX-License-Identifier: MIT
using System.Runtime.ExceptionServices;

namespace Phi4.Kernels.Cpu;

/// <summary>
/// A few threads that split one job at a time into fixed shares, the caller taking the first. A worker spins briefly after a job, since the next one mostly
/// follows at once, then sleeps: an idle pool costs nothing.
/// </summary>
internal sealed unsafe class WorkerPool : IDisposable
{
    /// <summary>Turns of the short spin: some tens of microseconds, about the gap between two operations of a step.</summary>
    private const int SpinTurns = 2000;

    private readonly Thread[] _threads;
    private readonly object _gate = new();
    private readonly object _doneGate = new();
    private readonly int _spinTurns;
    private delegate*<void*, int, int, void> _job;
    private void* _state;
    private int _round;
    private int _pending;
    private int _sleepers;
    private bool _stopping;
    private ExceptionDispatchInfo? _failure;

    public WorkerPool(int threadCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threadCount);
        ThreadCount = threadCount;
        _spinTurns = threadCount <= Environment.ProcessorCount ? SpinTurns : 0; // more threads than processors: spinning would steal
        _threads = new Thread[threadCount - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int share = i + 1;
            _threads[i] = new Thread(() => Work(share)) { IsBackground = true, Name = $"phi4-worker-{share}" };
            _threads[i].Start();
        }
    }

    public int ThreadCount { get; }

    /// <summary>Runs job(state, share, shareCount) for every share and waits for all. One caller at a time.</summary>
    public void Run(delegate*<void*, int, int, void> job, void* state)
    {
        if (_threads.Length == 0)
        {
            job(state, 0, 1);
            return;
        }

        Start(job, state);
        try
        {
            job(state, 0, ThreadCount);
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }

        WaitForWorkers();
        ExceptionDispatchInfo? failure = _failure;
        _failure = null;
        failure?.Throw();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Volatile.Write(ref _round, _round + 1);
            Monitor.PulseAll(_gate);
        }

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }

    private void Start(delegate*<void*, int, int, void> job, void* state)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            _job = job;
            _state = state;
            _pending = _threads.Length;
            Volatile.Write(ref _round, _round + 1);
            if (_sleepers > 0)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    private void WaitForWorkers()
    {
        if (!SpinUntilZeroPending())
        {
            lock (_doneGate)
            {
                while (Volatile.Read(ref _pending) > 0)
                {
                    Monitor.Wait(_doneGate);
                }
            }
        }
    }

    private bool SpinUntilZeroPending()
    {
        for (int turn = 0; turn < _spinTurns; turn++)
        {
            if (Volatile.Read(ref _pending) == 0)
            {
                return true;
            }

            Thread.SpinWait(8);
        }

        return Volatile.Read(ref _pending) == 0;
    }

    private void Work(int share)
    {
        int seen = 0;
        while (true)
        {
            seen = WaitForRound(seen);
            if (_stopping)
            {
                return;
            }

            try
            {
                _job(_state, share, ThreadCount);
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
            }

            if (Interlocked.Decrement(ref _pending) == 0)
            {
                lock (_doneGate)
                {
                    Monitor.Pulse(_doneGate);
                }
            }
        }
    }

    private int WaitForRound(int seen)
    {
        for (int turn = 0; turn < _spinTurns; turn++)
        {
            int round = Volatile.Read(ref _round);
            if (round != seen)
            {
                return round;
            }

            Thread.SpinWait(8);
        }

        lock (_gate)
        {
            _sleepers++;
            while (_round == seen)
            {
                Monitor.Wait(_gate);
            }

            _sleepers--;
            return _round;
        }
    }
}
