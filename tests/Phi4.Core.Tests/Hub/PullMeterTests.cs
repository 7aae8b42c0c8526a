// SPDX-License-Identifier: MIT
using Phi4.Core.Hub;

namespace Phi4.Core.Tests.Hub;

public sealed class PullMeterTests
{
    private readonly List<PullProgress> _reports = [];
    private readonly HandClock _clock = new();

    [SetUp]
    public void Forget() => _reports.Clear();

    [Test]
    public void Add_OverTime_GivesTheRateOfWhatCameAndNotOfWhatWasThere()
    {
        PullMeter meter = Begin(total: 10_000, cached: 4_000);
        for (int second = 1; second <= 4; second++)
        {
            _clock.Now += TimeSpan.FromSeconds(1);
            meter.Add(500);
        }

        PullProgress last = _reports[^1];
        Assert.That(last.BytesDone, Is.EqualTo(6_000));
        Assert.That(last.BytesPerSecond, Is.EqualTo(500).Within(1e-9));
        Assert.That(last.Remaining, Is.EqualTo(TimeSpan.FromSeconds(8)));
    }

    [Test]
    public void Add_AfterAChangeOfPace_ForgetsWhatIsLongAgo()
    {
        PullMeter meter = Begin(total: 1_000_000, cached: 0);
        for (int second = 1; second <= 40; second++)
        {
            _clock.Now += TimeSpan.FromSeconds(1);
            meter.Add(second <= 20 ? 10_000 : 100);
        }

        Assert.That(_reports[^1].BytesPerSecond, Is.EqualTo(100).Within(1e-9));
    }

    [Test]
    public void Add_ManyTimesAtOnce_ReportsFewTimes()
    {
        PullMeter meter = Begin(total: 1_000_000, cached: 0);
        _clock.Now += TimeSpan.FromSeconds(1);
        for (int i = 0; i < 1000; i++)
        {
            meter.Add(1);
        }

        Assert.That(_reports, Has.Count.EqualTo(2));
        Assert.That(meter.Received, Is.EqualTo(1000));
    }

    [Test]
    public void Waits_WithAReason_IsToldUntilItIsOver()
    {
        PullMeter meter = Begin(10, 0);
        meter.Waits("a busy hub");
        Assert.That(_reports[^1].Waiting, Is.EqualTo("a busy hub"));
        meter.Waits(null);
        Assert.That(_reports[^1].Waiting, Is.Null);
    }

    private PullMeter Begin(long total, long cached)
    {
        var meter = new PullMeter(new Listener(_reports), _clock);
        meter.Begin([new HubFile("a", total, "", cached)]);
        return meter;
    }

    private sealed class Listener(List<PullProgress> reports) : IProgress<PullProgress>
    {
        public void Report(PullProgress value) => reports.Add(value);
    }

    private sealed class HandClock : TimeProvider
    {
        public TimeSpan Now { get; set; } = TimeSpan.FromHours(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
