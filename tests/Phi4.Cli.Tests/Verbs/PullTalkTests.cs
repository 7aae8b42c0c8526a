// SPDX-License-Identifier: MIT
using Phi4.Cli.Streams;
using Phi4.Cli.Verbs;

namespace Phi4.Cli.Tests.Verbs;

public sealed class PullTalkTests
{
    [Test]
    public void Describe_UnderWay_HasAmountRateTimeAndFiles() => Assert.That(
        PullTalk.Describe(new PullProgress(1_234_567_890, 29_319_004_160, 3, 12, 48_200_000, TimeSpan.FromSeconds(583))),
        Is.EqualTo("1.2 GB of 29.3 GB, 48.2 MB/s, 9 min 43 s left, 3 of 12 files"));

    [Test]
    public void Describe_Waiting_SaysWhy() =>
        Assert.That(PullTalk.Describe(new PullProgress(0, 1, 0, 1, null, null, "another process is downloading this file")), Does.StartWith("another process"));

    [TestCase(0, "0 bytes")]
    [TestCase(999, "999 bytes")]
    [TestCase(1000, "1.0 kB")]
    [TestCase(999_949, "999.9 kB")]
    [TestCase(999_950, "1.0 MB")]
    [TestCase(29_319_004_160, "29.3 GB")]
    public void Bytes_OfEachSize_HaveAUnit(double bytes, string text) => Assert.That(Quantity.Bytes(bytes), Is.EqualTo(text));

    [TestCase(0.2, "1 s")]
    [TestCase(59, "59 s")]
    [TestCase(61, "1 min 01 s")]
    [TestCase(3900, "1 h 05 min")]
    [TestCase(90000, "25 h 00 min")]
    public void Time_OfEachLength_HasTwoUnits(double seconds, string text) => Assert.That(Quantity.Time(TimeSpan.FromSeconds(seconds)), Is.EqualTo(text));
}
