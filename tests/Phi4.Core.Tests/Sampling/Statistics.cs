// SPDX-License-Identifier: MIT
namespace Phi4.Core.Tests.Sampling;

internal static class Statistics
{
    // Pearson's chi-square over the cells that expect at least five; six standard deviations of it. Seeds are fixed, so a pass stays a pass.
    public static void AssertFits(int[] counts, double[] probabilities)
    {
        var total = counts.Sum();
        var statistic = 0.0;
        var cells = 0;
        var (rareCount, rareExpected) = (0, 0.0);
        for (var i = 0; i < counts.Length; i++)
        {
            var expected = probabilities[i] * total;
            if (expected == 0)
                Assert.That(counts[i], Is.Zero, $"token {i} has no probability");
            if (expected < 5)
            {
                rareCount += counts[i];
                rareExpected += expected;
                continue;
            }

            statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
            cells++;
        }

        var freedom = Math.Max(1, cells - 1);
        Assert.That(statistic, Is.LessThan(freedom + 6 * Math.Sqrt(2.0 * freedom)), "chi-square");
        Assert.That(rareCount, Is.EqualTo(rareExpected).Within(5 + 6 * Math.Sqrt(rareExpected)), "rare cells together");
    }
}
