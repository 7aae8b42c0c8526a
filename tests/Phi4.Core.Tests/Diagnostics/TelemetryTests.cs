// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Phi4.Core.Diagnostics;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Diagnostics;

[NonParallelizable]
internal sealed class TelemetryTests
{
    [Test]
    public async Task Metrics_OfTwoAnswers_AreTheirTimesAndTokens()
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(Samples.Model);
        using var meter = new Listener();
        GenerationResult first = await model.CompleteAsync(Prompt.FromUser("What is 12 + 30?"));
        GenerationResult second = await model.CompleteAsync(Prompt.FromUser("Hello"));
        Assert.That(meter.Sum("phi4.tokens.cached"), Is.EqualTo(second.Usage.CachedTokens));
        Assert.That(meter.Sum("phi4.tokens.prompt"), Is.EqualTo(first.Usage.PromptTokens + second.Usage.PromptTokens));
        Assert.That(meter.Sum("phi4.tokens.generated"), Is.EqualTo(first.Usage.GeneratedTokens + second.Usage.GeneratedTokens));
        foreach (string name in (string[])["gen_ai.server.request.duration", "gen_ai.server.time_to_first_token", "gen_ai.server.time_per_output_token"])
        {
            Assert.That(meter.Of(name), Has.Count.EqualTo(2).And.All.Matches<Measured>(one => one!.Value > 0), name);
            Assert.That(meter.Of(name), Has.All.Matches<Measured>(one =>
                one!.Tags["gen_ai.provider.name"] is "phi4" && one.Tags["gen_ai.request.model"] is "phi4-sample" && !one.Tags.ContainsKey("error.type")), name);
        }

        Assert.That(meter.Of("gen_ai.server.request.duration")[0].Value, Is.GreaterThanOrEqualTo((first.Usage.QueueTime + first.Usage.PromptTime).TotalSeconds));
    }

    [Test]
    public async Task Metrics_OfARequestThatIsCancelled_NameTheError()
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(Samples.Model);
        using var meter = new Listener();
        await foreach (GenerationChunk chunk in model.GenerateAsync(Prompt.FromUser("Tell me a short story about a cat.")))
        {
            break;
        }

        Assert.That(() => meter.Of("gen_ai.server.request.duration"), Has.Count.EqualTo(1).After(5000, 10));
        Assert.That(meter.Of("gen_ai.server.request.duration")[0].Tags["error.type"], Is.EqualTo("cancelled"));
    }

    [Test]
    public async Task Gauges_WhileAnswersRun_CountThem()
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(Samples.Model, new Phi4LoadOptions { MaxSequences = 1 });
        using var meter = new Listener();
        using var stop = new CancellationTokenSource();
        var options = new GenerationOptions { IgnoreEndTokens = true };
        Task[] answers = [.. Enumerable.Range(0, 3).Select(_ => model.CompleteAsync(Prompt.FromUser("Hello"), options, stop.Token))];
        Assert.That(() => (meter.Read("phi4.scheduler.running"), meter.Read("phi4.scheduler.waiting")), Is.EqualTo((1d, 2d)).After(5000, 5));
        Assert.That(meter.Read("phi4.kv_cache.utilization"), Is.InRange(double.Epsilon, 1));
        Assert.That(meter.Read("phi4.kv_cache.blocks"), Is.GreaterThan(0));
        await stop.CancelAsync();
        Assert.That(async () => await Task.WhenAll(answers), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(() => meter.Read("phi4.kv_cache.utilization"), Is.Zero.After(5000, 5));
        Assert.That(meter.Read("phi4.kv_cache.kept"), Is.GreaterThan(0), "not in use, but kept");
    }

    [Test]
    public async Task Spans_OfAnAnswer_AreItsPromptAndItsTokens()
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(Samples.Model);
        ConcurrentQueue<Activity> spans = [];
        using var callers = new ActivitySource("caller");
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is Phi4Telemetry.Name or "caller",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        GenerationResult answer;
        ActivityTraceId trace;
        using (Activity caller = callers.StartActivity("ask")!)
        {
            trace = caller.TraceId;
            answer = await model.CompleteAsync(Prompt.FromUser("What is 12 + 30?"));
        }

        Activity[] ours = [.. spans.Where(span => span.Source.Name == Phi4Telemetry.Name)];
        Assert.That(ours.Select(span => span.OperationName), Is.EqualTo((string[])["phi4.prefill", "phi4.decode"]));
        Assert.That(ours, Has.All.Matches<Activity>(span => span!.TraceId == trace));
        Assert.That(ours[0].GetTagItem("gen_ai.usage.input_tokens"), Is.EqualTo(answer.Usage.PromptTokens));
        Assert.That(ours[1].GetTagItem("gen_ai.usage.output_tokens"), Is.EqualTo(answer.Usage.GeneratedTokens));
        Assert.That(ours[0].StartTimeUtc + ours[0].Duration, Is.EqualTo(ours[1].StartTimeUtc).Within(TimeSpan.FromMilliseconds(1)));
    }

    [Test]
    public void Telemetry_ThatNobodyListensTo_AllocatesNothing()
    {
        var course = new RequestCourse(10, 5, 20, 1, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(3), TimeSpan.FromMilliseconds(6), FinishReason.Stop, null);
        Assert.That(Allocated(course), Is.Zero);
        using var meter = new Listener();
        Assert.That(Allocated(course), Is.GreaterThan(0), "the test sees what is allocated for a listener");

        static long Allocated(RequestCourse course)
        {
            RequestTelemetry.Begin().End("model", course);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                RequestTelemetry.Begin().End("model", course);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Test]
    public async Task Telemetry_OfAnAnswer_IsAskedOnceAndNotForEachToken()
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(Samples.Model);
        using var meter = new Listener();
        foreach (int tokens in (int[])[1, 40])
        {
            int before = meter.Count;
            await model.CompleteAsync(Prompt.FromUser("Hello"), new() { MaxTokens = tokens, IgnoreEndTokens = true });
            Assert.That(meter.Count - before, Is.EqualTo(tokens == 1 ? 6 : 7), "the time between tokens needs two of them");
        }
    }

    private sealed record Measured(double Value, Dictionary<string, object?> Tags);

    /// <summary>Keeps what the meter says.</summary>
    private sealed class Listener : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly ConcurrentQueue<(string Name, Measured Measured)> _heard = [];

        public Listener()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == Phi4Telemetry.Name)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Hear(instrument, value, tags));
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Hear(instrument, value, tags));
            _listener.Start();
        }

        public int Count => _heard.Count;

        public List<Measured> Of(string name) => [.. _heard.Where(one => one.Name == name).Select(one => one.Measured)];

        public double Sum(string name) => Of(name).Sum(one => one.Value);

        public double Read(string gauge)
        {
            _listener.RecordObservableInstruments();
            return Of(gauge)[^1].Value;
        }

        public void Dispose() => _listener.Dispose();

        private void Hear(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            _heard.Enqueue((instrument.Name, new Measured(value, tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value))));
    }
}
