// SPDX-License-Identifier: MIT
namespace Phi4.Extensions.AI.Tests.Hosting;

/// <summary>A clock that stands still until somebody moves it.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public void Advance(TimeSpan time) => _ticks += time.Ticks;
}
