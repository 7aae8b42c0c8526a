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
    public void TryTake_OneShare_CoversTheRangeInOrder(int total, int piece)
    {
        var claims = new WorkClaims();
        for (int round = 0; round < 2; round++)
        {
            claims.Reset(total, piece, 1);
            int next = 0;
            while (claims.TryTake(0, out int start, out int end))
            {
                Assert.That((start, end), Is.EqualTo((next, (int)Math.Min((long)next + piece, total))));
                next = end;
            }

            Assert.That((next, claims.TryTake(0, out _, out _)), Is.EqualTo((total, false)));
        }
    }

    [Test]
    public void TryTake_OneOfThreeSharesWorks_TakesItsOwnForwardsThenTheEndsOfTheOthers()
    {
        var claims = new WorkClaims();
        claims.Reset(29, 5, 3);

        // Six pieces, two a share; the last is shorter.
        var taken = new List<(int, int)>();
        while (claims.TryTake(1, out int start, out int end))
        {
            taken.Add((start, end));
        }

        Assert.That(taken, Is.EqualTo(new[] { (10, 15), (15, 20), (25, 29), (20, 25), (5, 10), (0, 5) }));
    }

    [Test]
    public void TryTake_FewerPiecesThanShares_GivesEachPieceOnce()
    {
        var claims = new WorkClaims();
        claims.Reset(7, 4, 5);
        var taken = new List<int>();
        for (int share = 0; share < 5; share++)
        {
            while (claims.TryTake(share, out int start, out _))
            {
                taken.Add(start);
            }
        }

        Assert.That(taken, Is.EquivalentTo(new[] { 0, 4 }));
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
            claims.Reset(counts.Length, i, 4);
            pool.Run(job, 4);
        }

        Assert.That(counts, Is.All.EqualTo(20));
    }

    [Test]
    public void Reset_NegativeTotalEmptyPieceOrNoShare_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkClaims().Reset(-1, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkClaims().Reset(1, 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkClaims().Reset(1, 1, 0));
    }

    private sealed class ClaimJob(WorkClaims claims, int[] counts) : Job
    {
        public override void Run(int share, int shareCount)
        {
            while (claims.TryTake(share, out int start, out int end))
            {
                for (int i = start; i < end; i++)
                {
                    counts[i]++;
                }
            }
        }
    }
}
