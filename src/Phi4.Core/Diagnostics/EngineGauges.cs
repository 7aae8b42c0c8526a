// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Phi4.Core.Diagnostics;

/// <summary>What the engines of this process are doing, for meters that ask. A reading waits for nobody: its numbers may be of two neighbouring steps.</summary>
internal static class EngineGauges
{
    private static readonly ConcurrentDictionary<Func<EngineLoad>, byte> Engines = new();
    private static readonly Meter Meter = new(Phi4Telemetry.Name);

    static EngineGauges()
    {
        Meter.CreateObservableUpDownCounter("phi4.scheduler.running", () => Sum(load => load.Running), "{request}", "Sequences that the next step may serve.");
        Meter.CreateObservableUpDownCounter("phi4.scheduler.waiting", () => Sum(load => load.Waiting), "{request}", "Requests that wait for their turn.");
        Meter.CreateObservableCounter("phi4.scheduler.preempted", () => Sum(load => load.Preempted), "{request}", "Times that a sequence gave up its pages, in engines that live.");
        Meter.CreateObservableUpDownCounter("phi4.kv_cache.blocks", () => Sum(load => load.PageCount), "{block}", "Pages that the caches have.");
        Meter.CreateObservableUpDownCounter("phi4.kv_cache.kept", () => Sum(load => load.IdlePageCount), "{block}", "Pages that nobody uses and that are kept in case their tokens come again.");
        Meter.CreateObservableGauge("phi4.kv_cache.utilization", Utilization, "1", "Share of the pages that is in use.");
    }

    /// <summary>An engine lives from here until the result is disposed.</summary>
    public static IDisposable Register(Func<EngineLoad> read)
    {
        Engines.TryAdd(read, 0);
        return new Registration(read);
    }

    private static long Sum(Func<EngineLoad, long> value) => Engines.Keys.Sum(read => value(read()));

    private static double Utilization()
    {
        EngineLoad[] loads = [.. Engines.Keys.Select(read => read())];
        long pages = loads.Sum(load => (long)load.PageCount);
        return pages == 0 ? 0 : (double)loads.Sum(load => (long)load.UsedPageCount) / pages;
    }

    private sealed class Registration(Func<EngineLoad> read) : IDisposable
    {
        public void Dispose() => Engines.TryRemove(read, out _);
    }
}

/// <summary>One engine at one moment.</summary>
internal readonly record struct EngineLoad(int Running, int Waiting, long Preempted, int UsedPageCount, int IdlePageCount, int PageCount);
