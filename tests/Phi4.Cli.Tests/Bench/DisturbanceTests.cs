// SPDX-License-Identifier: MIT
using Phi4.Cli.Bench;
using Phi4.Core.Diagnostics;

namespace Phi4.Cli.Tests.Bench;

public sealed class DisturbanceTests
{
    private static readonly MachineCeilings Quiet = new(ThreadCount: 2, ReadBytesPerSecond: 20e9, FlopsPerSecond: 200e9, ScalingThreads: 2, Scaling: 1.98);
    private static readonly double[] Steady = [9.2, 10, 7.6];

    [Test]
    public void Reasons_QuietMachine_AreNone() =>
        Assert.That(Disturbance.Reasons(Quiet, Quiet with { ReadBytesPerSecond = 17.1e9, FlopsPerSecond = 230e9, Scaling = 1.86 }, Steady), Is.Empty);

    [TestCase(16.9e9)]
    [TestCase(23.6e9)]
    public void Reasons_ReadsMovedByMoreThan15Percent_SayFromWhereToWhere(double after) =>
        Assert.That(
            Disturbance.Reasons(Quiet, Quiet with { ReadBytesPerSecond = after }, Steady).Single(),
            Does.Contain("reads").And.Contain("20.0").And.Contain((after / 1e9).ToString("F1", System.Globalization.CultureInfo.InvariantCulture)));

    [Test]
    public void Reasons_MultiplyAddsMovedByMoreThan15Percent_SayFromWhereToWhere() =>
        Assert.That(
            Disturbance.Reasons(Quiet, Quiet with { FlopsPerSecond = 160e9 }, Steady).Single(), Does.Contain("multiply-adds").And.Contain("200").And.Contain("160"));

    [Test]
    public void Reasons_SecondThreadHeldUp_BeforeOrAfter_AreTold()
    {
        MachineCeilings held = Quiet with { Scaling = 1.84 };
        Assert.That(Disturbance.Reasons(held, Quiet, Steady).Single(), Does.Contain("1.84x").And.Contain("1.85x"));
        Assert.That(Disturbance.Reasons(Quiet, held, Steady).Single(), Does.Contain("1.84x"));
    }

    [Test]
    public void Reasons_FourThreads_MustScaleByAsMuchEach()
    {
        MachineCeilings four = Quiet with { ThreadCount = 4, ScalingThreads = 4, Scaling = 3.75 };
        Assert.That(Disturbance.Reasons(four, four, Steady), Is.Empty);
        Assert.That(Disturbance.Reasons(four with { Scaling = 3.6 }, four, Steady), Has.Count.EqualTo(1));
    }

    [Test]
    public void Reasons_OneProcessor_HasNothingToScale()
    {
        MachineCeilings one = Quiet with { ThreadCount = 1, ScalingThreads = 1, Scaling = 1 };
        Assert.That(Disturbance.Reasons(one, one, Steady), Is.Empty);
    }

    [Test]
    public void Reasons_OneRepetitionHeldUpBetweenTwoGoodReadings_IsTold() =>
        Assert.That(Disturbance.Reasons(Quiet, Quiet, [9.31, 8.08, 4.92]).Single(), Does.Contain("4.92").And.Contain("9.31"));
}
