// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Phi4.Core.Diagnostics;

/// <summary>
/// What one answer tells meters and traces, once, when it has ended: the server metrics of OpenTelemetry's conventions for generative AI, counts of tokens, and two spans.
/// </summary>
internal readonly struct RequestTelemetry
{
    private static readonly ActivitySource Source = new(Phi4Telemetry.Name);
    private static readonly Meter Meter = new(Phi4Telemetry.Name);

    // The boundaries that the conventions advise.
    private static readonly Histogram<double> Duration = Seconds(
        "gen_ai.server.request.duration", "From the request to its end.", [.01, .02, .04, .08, .16, .32, .64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]);

    private static readonly Histogram<double> FirstToken = Seconds(
        "gen_ai.server.time_to_first_token", "From the request to its first token.",
        [.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10]);

    private static readonly Histogram<double> PerToken = Seconds(
        "gen_ai.server.time_per_output_token", "Between two tokens after the first.", [.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5]);

    private static readonly Counter<long> PromptTokens = Tokens("phi4.tokens.prompt", "Tokens of prompts whose answers have ended.");
    private static readonly Counter<long> CachedTokens = Tokens("phi4.tokens.cached", "Of them, tokens whose keys and values were in the cache already.");
    private static readonly Counter<long> GeneratedTokens = Tokens("phi4.tokens.generated", "Tokens generated.");
    private static readonly Counter<long> ForcedTokens = Tokens("phi4.tokens.forced", "Of them, tokens that a constraint determined, without a step of the model.");

    private readonly ActivityContext _parent;
    private readonly DateTimeOffset? _submitted;

    private RequestTelemetry(ActivityContext parent, DateTimeOffset submitted)
    {
        _parent = parent;
        _submitted = submitted;
    }

    /// <summary>On the caller's thread: remembers under which activity the request was made, if anybody wants to know.</summary>
    public static RequestTelemetry Begin() =>
        Source.HasListeners() ? new RequestTelemetry(Activity.Current?.Context ?? default, DateTimeOffset.UtcNow) : default;

    /// <summary>On the engine's thread, when everything is over.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="course">How it went.</param>
    public void End(string model, in RequestCourse course)
    {
        if (_submitted is not null)
        {
            Trace(model, course);
        }

        if (Duration.Enabled || FirstToken.Enabled || PerToken.Enabled || PromptTokens.Enabled || CachedTokens.Enabled || GeneratedTokens.Enabled || ForcedTokens.Enabled)
        {
            Measure(model, course);
        }
    }

    private static void Measure(string model, in RequestCourse course)
    {
        TagList tags = new()
        {
            { "gen_ai.operation.name", "text_completion" },
            { "gen_ai.provider.name", "phi4" },
            { "gen_ai.request.model", model },
        };
        PromptTokens.Add(course.PromptTokens, tags);
        CachedTokens.Add(course.CachedTokens, tags);
        GeneratedTokens.Add(course.GeneratedTokens, tags);
        ForcedTokens.Add(course.ForcedTokens, tags);
        if (course.Error is not null)
        {
            tags.Add("error.type", course.Error);
        }

        Duration.Record(course.Total.TotalSeconds, tags);
        if (course.GeneratedTokens > 0)
        {
            FirstToken.Record((course.Queue + course.Prompt).TotalSeconds, tags);
        }

        if (course.GeneratedTokens > 1)
        {
            PerToken.Record(course.Generation.TotalSeconds / (course.GeneratedTokens - 1), tags);
        }
    }

    private void Trace(string model, in RequestCourse course)
    {
        DateTimeOffset started = _submitted!.Value + course.Queue;
        DateTimeOffset answered = started + course.Prompt;
        using (Activity? prefill = Source.StartActivity("phi4.prefill", ActivityKind.Internal, _parent, startTime: started))
        {
            prefill?.SetTag("gen_ai.request.model", model).SetTag("gen_ai.usage.input_tokens", course.PromptTokens)
                .SetTag("gen_ai.usage.cache_read.input_tokens", course.CachedTokens).SetTag("phi4.queue_seconds", course.Queue.TotalSeconds)
                .SetEndTime(answered.UtcDateTime);
        }

        using Activity? decode = Source.StartActivity("phi4.decode", ActivityKind.Internal, _parent, startTime: answered);
        decode?.SetTag("gen_ai.request.model", model).SetTag("gen_ai.usage.output_tokens", course.GeneratedTokens).SetTag("phi4.finish_reason", course.Reason?.ToString())
            .SetEndTime((answered + course.Generation).UtcDateTime);
        if (course.Error is not null)
        {
            decode?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", course.Error);
        }
    }

    private static Histogram<double> Seconds(string name, string description, double[] boundaries) =>
        Meter.CreateHistogram(name, "s", description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = boundaries });

    private static Counter<long> Tokens(string name, string description) => Meter.CreateCounter<long>(name, "{token}", description);
}

/// <summary>How an answer went.</summary>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="CachedTokens">Of them, those that were in the cache already.</param>
/// <param name="GeneratedTokens">Tokens generated.</param>
/// <param name="ForcedTokens">Of them, those that a constraint determined.</param>
/// <param name="Queue">From the request to its first step.</param>
/// <param name="Prompt">From there to the first token.</param>
/// <param name="Generation">From there to the last token.</param>
/// <param name="Total">From the request to its end.</param>
/// <param name="Reason">Why it ended; null where it did not end by itself.</param>
/// <param name="Error">The exception's type, or null.</param>
internal readonly record struct RequestCourse(
    int PromptTokens, int CachedTokens, int GeneratedTokens, int ForcedTokens, TimeSpan Queue, TimeSpan Prompt, TimeSpan Generation, TimeSpan Total, FinishReason? Reason, string? Error);
