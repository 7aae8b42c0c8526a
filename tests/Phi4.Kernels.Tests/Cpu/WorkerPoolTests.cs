// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Phi4.Kernels.Cpu;

namespace Phi4.Kernels.Tests.Cpu;

public sealed class WorkerPoolTests
{
    [Test]
    public void Run_ManyJobs_DoesEachShareOnce([Values(1, 2, 3, 9)] int threads)
    {
        using var pool = new WorkerPool(threads);
        var counts = new int[threads];
        var job = new LambdaJob((share, _) => Interlocked.Increment(ref counts[share]));
        for (int i = 0; i < 300; i++)
        {
            pool.Run(job, threads);
            if (i % 100 == 0)
            {
                Thread.Sleep(2); // let the workers fall asleep
            }
        }

        Assert.That(counts, Is.All.EqualTo(300));
    }

    [Test]
    public void Run_ShareThrows_ComesOutAndThePoolLives([Values(0, 1)] int thrower)
    {
        using var pool = new WorkerPool(2);
        var bad = new LambdaJob((share, _) =>
        {
            if (share == thrower)
            {
                throw new InvalidDataException("share " + share);
            }
        });
        InvalidDataException? caught = Assert.Throws<InvalidDataException>(() => pool.Run(bad, 2));
        Assert.That(caught!.Message, Is.EqualTo("share " + thrower));
        int done = 0;
        pool.Run(new LambdaJob((_, _) => Interlocked.Increment(ref done)), 2);
        Assert.That(done, Is.EqualTo(2));
    }

    [Test]
    public void Run_InsideAJobOrAfterDispose_IsRefused()
    {
        var pool = new WorkerPool(2);
        Assert.Throws<InvalidOperationException>(() => pool.Run(new LambdaJob((_, _) => pool.Run(new LambdaJob((_, _) => { }), 1)), 1));
        pool.Dispose();
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pool.Run(new LambdaJob((_, _) => { }), 2));
    }

    [Test]
    public void Run_WorkersAsleep_CallerDoesTheirShares()
    {
        using var pool = new WorkerPool(2);
        int caller = Environment.CurrentManagedThreadId;
        int byCaller = 0;
        int jobsAlone = 0;
        var job = new LambdaJob((_, _) => byCaller += Environment.CurrentManagedThreadId == caller ? 1 : 0);
        for (int i = 0; i < 100; i++)
        {
            Thread.Sleep(1); // the worker falls asleep; waking it takes longer than the job
            byCaller = 0;
            pool.Run(job, 2);
            jobsAlone += byCaller / 2;
        }

        Assert.That(jobsAlone, Is.Positive);
    }

    [Test]
    public void Idle_AfterAJob_UsesNoProcessorTime()
    {
        using var pool = new WorkerPool(4);
        pool.Run(new LambdaJob((_, _) => { }), 4);
        Thread.Sleep(50);
        TimeSpan least = TimeSpan.MaxValue;
        for (int i = 0; i < 20 && least >= TimeSpan.FromMilliseconds(30); i++)
        {
            // The runtime may still be compiling behind the tests' back, but not for ever; a pool that spins does.
            TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
            Thread.Sleep(300);
            TimeSpan used = Process.GetCurrentProcess().TotalProcessorTime - before;
            least = used < least ? used : least;
        }

        Assert.That(least, Is.LessThan(TimeSpan.FromMilliseconds(30)));
    }

    private sealed class LambdaJob(Action<int, int> action) : Job
    {
        public override void Run(int share, int shareCount) => action(share, shareCount);
    }
}
