// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;

namespace Phi4.TestSupport.Hub;

/// <summary>A clock whose waits are over in a thousandth of the time, and are written down.</summary>
public sealed class FastTime : TimeProvider
{
    public ConcurrentQueue<TimeSpan> Waits { get; } = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime <= TimeSpan.Zero)
        {
            return base.CreateTimer(callback, state, dueTime, period);
        }

        Waits.Enqueue(dueTime);
        return base.CreateTimer(callback, state, dueTime / 1000, period);
    }
}
