// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Phi4.Kernels.Cpu;

/// <summary>A piece of work cut into shares that may run at the same time.</summary>
internal abstract class Job
{
    /// <summary>Does share <paramref name="share"/> of <paramref name="shareCount"/>.</summary>
    public abstract void Run(int share, int shareCount);
}

/// <summary>
/// Threads that run the shares of one job at a time, the caller among them. Whoever is there takes the next share: a worker that sleeps, or whose
/// processor is busy with something else, is not waited for unless it has begun. A worker without work watches for it for a few tens of
/// microseconds (the gap between two kernels is shorter), then sleeps and costs nothing.
/// </summary>
internal sealed class WorkerPool : IDisposable
{
    private static readonly long WatchTicks = Stopwatch.Frequency * 40 / 1_000_000;

    private readonly Worker[] _workers;
    private readonly AutoResetEvent _done = new(false);
    private readonly long _watchTicks;
    private Job? _job;
    private int _shareCount;

    // The job's number in the upper half, its shares that nobody has taken in the lower: one word, so that no late worker takes a share of a job that is over.
    private long _offer;
    private int _unfinished;
    private int _callerSleeps;
    private int _busy;
    private bool _stopped;
    private ExceptionDispatchInfo? _failure;

    public WorkerPool(int threadCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threadCount, 1);

        // With more threads than processors a watcher would only keep a worker from its work.
        _watchTicks = threadCount > Environment.ProcessorCount ? 0 : WatchTicks;
        _workers = new Worker[threadCount - 1];
        for (int i = 0; i < _workers.Length; i++)
        {
            _workers[i] = new Worker(this, number: i + 1);
        }
    }

    public int ThreadCount => _workers.Length + 1;

    /// <summary>Runs each share once, on whichever thread, and returns when the last is done. The first exception of a share comes out here.</summary>
    /// <exception cref="InvalidOperationException">Another job is running.</exception>
    public void Run(Job job, int shareCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shareCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shareCount, ThreadCount);
        if (Interlocked.Exchange(ref _busy, 1) != 0)
        {
            throw new InvalidOperationException("The kernels are running another operation; they serve one step at a time.");
        }

        try
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            if (shareCount == 1)
            {
                job.Run(0, 1);
                return;
            }

            _job = job;
            _shareCount = shareCount;
            _failure = null;
            _unfinished = shareCount;
            Interlocked.Exchange(ref _offer, (((_offer >> 32) + 1) << 32) + shareCount);
            for (int i = 0; i < shareCount - 1; i++)
            {
                _workers[i].Wake();
            }

            RunShares();
            WaitForWorkers();
            _job = null;
            _failure?.Throw();
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    /// <summary>Ends and joins the threads. Waits for a running job.</summary>
    public void Dispose()
    {
        SpinWait wait = default;
        while (Interlocked.Exchange(ref _busy, 1) != 0)
        {
            wait.SpinOnce();
        }

        bool first = !_stopped;
        _stopped = true;
        Volatile.Write(ref _busy, 0);
        if (first)
        {
            foreach (Worker worker in _workers)
            {
                worker.Dispose();
            }

            _done.Dispose();
        }
    }

    private static bool HasShares(long offer) => (int)offer > 0;

    // Takes shares until none is left.
    private void RunShares()
    {
        long offer = Volatile.Read(ref _offer);
        while (HasShares(offer))
        {
            long seen = Interlocked.CompareExchange(ref _offer, offer - 1, offer);
            if (seen == offer)
            {
                RunShare((int)offer - 1);
                seen = Volatile.Read(ref _offer);
            }

            offer = seen;
        }
    }

    private void RunShare(int share)
    {
        try
        {
            _job!.Run(share, _shareCount);
        }
#pragma warning disable CA1031 // It is thrown again on the caller's thread.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
        }

        if (Interlocked.Decrement(ref _unfinished) == 0 && Interlocked.Exchange(ref _callerSleeps, 0) == 1)
        {
            _done.Set();
        }
    }

    private void WaitForWorkers()
    {
        long start = Stopwatch.GetTimestamp();
        while (Volatile.Read(ref _unfinished) != 0)
        {
            if (Stopwatch.GetTimestamp() - start < _watchTicks)
            {
                Thread.SpinWait(8);
                continue;
            }

            Interlocked.Exchange(ref _callerSleeps, 1);
            if (Volatile.Read(ref _unfinished) != 0 || Interlocked.Exchange(ref _callerSleeps, 0) == 0)
            {
                _done.WaitOne();
            }
        }
    }

    private sealed class Worker : IDisposable
    {
        private readonly WorkerPool _pool;
        private readonly AutoResetEvent _wake = new(false);
        private readonly Thread _thread;
        private int _sleeps;
        private volatile bool _stop;

        public Worker(WorkerPool pool, int number)
        {
            _pool = pool;
            _thread = new Thread(Loop) { IsBackground = true, Name = $"phi4-kernel-{number}" };
            _thread.Start();
        }

        private bool IsWanted => _stop || HasShares(Volatile.Read(ref _pool._offer));

        public void Wake()
        {
            if (Interlocked.Exchange(ref _sleeps, 0) == 1)
            {
                _wake.Set();
            }
        }

        public void Dispose()
        {
            _stop = true;
            Wake();
            _thread.Join();
            _wake.Dispose();
        }

        private void Loop()
        {
            while (true)
            {
                WaitForWork();
                if (_stop)
                {
                    return;
                }

                _pool.RunShares();
            }
        }

        private void WaitForWork()
        {
            long start = Stopwatch.GetTimestamp();
            while (!IsWanted)
            {
                if (Stopwatch.GetTimestamp() - start < _pool._watchTicks)
                {
                    Thread.SpinWait(8);
                    continue;
                }

                // Whoever takes the flag back owes or has paid the signal: no wake-up is lost and none is left over.
                Interlocked.Exchange(ref _sleeps, 1);
                if (!IsWanted || Interlocked.Exchange(ref _sleeps, 0) == 0)
                {
                    _wake.WaitOne();
                }
            }
        }
    }
}
