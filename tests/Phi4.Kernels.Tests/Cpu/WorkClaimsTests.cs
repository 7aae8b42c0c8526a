// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu;

namespace Phi4.Kernels.Tests.Cpu;

public sealed class WorkClaimsTests
{
    [TestCase(0, 4)]
    [TestCase(1, 4)]
    [TestCase(12, 4)]
    [TestCase(13, 4)]
    [TestCase(13, 100)]
    [TestCase(int.MaxValue, int.MaxValue - 1)]
    public void TryTake_UntilNoneIsLeft_CoversTheRangeInOrder(int total, int piece)
    {
        var claims = new WorkClaims();
        for (int round = 0; round < 2; round++)
        {
            claims.Reset(total, piece);
            int next = 0;
            while (claims.TryTake(out int start, out int end))
            {
                Assert.That((start, end), Is.EqualTo((next, (int)Math.Min((long)next + piece, total))));
                next = end;
            }

            Assert.That((next, claims.TryTake(out _, out _)), Is.EqualTo((total, false)));
        }
    }

    [Test]
    public void TryTake_ManyThreads_GivesEachElementOnce()
    {
        var claims = new WorkClaims();
        using var pool = new WorkerPool(4);
        var counts = new int[10_007];
        var job = new ClaimJob(claims, counts);
        for (int i = 1; i <= 20; i++)
        {
            claims.Reset(counts.Length, i);
            pool.Run(job, 4);
        }

        Assert.That(counts, Is.All.EqualTo(20));
    }

    [Test]
    public void Reset_NegativeTotalOrEmptyPiece_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkClaims().Reset(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkClaims().Reset(1, 0));
    }

    private sealed class ClaimJob(WorkClaims claims, int[] counts) : Job
    {
        public override void Run(int share, int shareCount)
        {
            while (claims.TryTake(out int start, out int end))
            {
                for (int i = start; i < end; i++)
                {
                    counts[i]++;
                }
            }
        }
    }
}
