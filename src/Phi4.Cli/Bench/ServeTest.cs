// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace Phi4.Cli.Bench;

/// <summary>
/// Several requests that arrive at once, each with its own prompt. The rate counts the tokens that come while all of them are answering: from the last
/// one's first token to the first one's last.
/// </summary>
internal sealed class ServeTest : IPreparedTest
{
    private readonly Phi4Model _model;
    private readonly BenchTest _test;
    private readonly List<double> _firstTokens = [];
    private readonly List<double> _gaps = [];

    private ServeTest(Phi4Model model, BenchTest test)
    {
        _model = model;
        _test = test;
    }

    /// <summary>Delays over all repetitions so far.</summary>
    public ServeDelays Delays => new(
        _firstTokens.Average(), _firstTokens.Max(), SampleStatistics.Median(_gaps), SampleStatistics.Percentile(_gaps, 0.99));

    public static async Task<ServeTest> PrepareAsync(Phi4Model model, BenchTest test, CancellationToken cancellationToken)
    {
        await new ServeTest(model, test with { PromptTokens = Math.Min(test.PromptTokens, 32), AnswerTokens = Math.Min(test.AnswerTokens, 8) })
            .SampleAsync(cancellationToken).ConfigureAwait(false);
        return new ServeTest(model, test);
    }

    public async Task<double> SampleAsync(CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        double[][] arrivals = await Task.WhenAll(
            Enumerable.Range(0, _test.Sequences).Select(i => AnswerAsync(i, start, cancellationToken))).ConfigureAwait(false);
        foreach (double[] times in arrivals)
        {
            _firstTokens.Add(times[0]);
            _gaps.AddRange(times.Zip(times.Skip(1), (earlier, later) => later - earlier));
        }

        return RateOf(arrivals);
    }

    public void Dispose()
    {
    }

    /// <summary>Tokens a second while all are answering; over the time from the first token to the last where there is no such while.</summary>
    /// <param name="arrivals">Seconds at which the tokens of each request came.</param>
    internal static double RateOf(IReadOnlyList<double[]> arrivals)
    {
        double from = arrivals.Max(times => times[0]);
        double to = arrivals.Min(times => times[^1]);
        if (to <= from)
        {
            from = arrivals.Min(times => times[0]);
            to = arrivals.Max(times => times[^1]);
        }

        // A token counts for the gap that it ends.
        int count = arrivals.Sum(times => times.Count(time => time > from && time <= to));
        return to > from ? count / (to - from) : 0;
    }

    private async Task<double[]> AnswerAsync(int index, long start, CancellationToken cancellationToken)
    {
        List<double> times = new(_test.AnswerTokens);
        Prompt prompt = Prompt.FromTokens(RandomTokens.Make(_test.PromptTokens, _model.Config.VocabSize, seed: index));
        await foreach (GenerationChunk chunk in _model.GenerateAsync(prompt, Greedy.Exactly(_test.AnswerTokens), cancellationToken).ConfigureAwait(false))
        {
            times.AddRange(Enumerable.Repeat(Stopwatch.GetElapsedTime(start).TotalSeconds, chunk.TokenIds.Count));
        }

        return [.. times];
    }
}
