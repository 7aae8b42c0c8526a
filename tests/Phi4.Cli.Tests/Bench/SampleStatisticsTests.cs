// SPDX-License-Identifier: MIT
using Phi4.Cli.Bench;

namespace Phi4.Cli.Tests.Bench;

public sealed class SampleStatisticsTests
{
    [Test]
    public void Deviation_IsThatOfASample()
    {
        Assert.That(SampleStatistics.Deviation([2, 4, 4, 4, 5, 5, 7, 9]), Is.EqualTo(Math.Sqrt(32.0 / 7)).Within(1e-12));
        Assert.That(SampleStatistics.Deviation([3]), Is.Zero);
    }

    [Test]
    public void Median_OfOddAndEvenCounts_IsInTheMiddle()
    {
        Assert.That(SampleStatistics.Median([9, 1, 4]), Is.EqualTo(4));
        Assert.That(SampleStatistics.Median([9, 1, 4, 6]), Is.EqualTo(5));
    }

    [Test]
    public void Percentile_IsTheLeastValueThatCoversTheShare()
    {
        double[] hundred = [.. Enumerable.Range(1, 100).Select(i => (double)i)];
        Assert.That(SampleStatistics.Percentile(hundred, 0.99), Is.EqualTo(99));
        Assert.That(SampleStatistics.Percentile([5, 7], 0.99), Is.EqualTo(7));
        Assert.That(SampleStatistics.Percentile([5], 0.01), Is.EqualTo(5));
    }
}
