// SPDX-License-Identifier: MIT
using Phi4.Cli.Bench.Peers;
using Phi4.Core.Configuration;
using Phi4.Core.Diagnostics;

namespace Phi4.Cli.Bench;

/// <summary>Runs tests on a loaded model: prepare, read the ceilings, time, read the ceilings again.</summary>
/// <param name="model">The model; not owned.</param>
/// <param name="threads">Threads that it computes on.</param>
/// <param name="activations">What BF16 weights are multiplied by.</param>
/// <param name="loadTime">What its loading took.</param>
/// <param name="peers">Other engines; each repetition is followed by one of theirs.</param>
/// <param name="measure">Reads the machine's ceilings.</param>
internal sealed class BenchRunner(
    Phi4Model model, int threads, ActivationType activations, TimeSpan loadTime, IReadOnlyList<LlamaBench> peers, Func<int, MachineCeilings> measure)
{
    public async Task<BenchRow> RunAsync(BenchTest test, int repetitions, CancellationToken cancellationToken)
    {
        using IPreparedTest prepared = test.Kind == BenchKind.Serve
            ? await ServeTest.PrepareAsync(model, test, cancellationToken).ConfigureAwait(false)
            : await SequenceTest.PrepareAsync(model, test, cancellationToken).ConfigureAwait(false);
        MachineCeilings before = measure(threads);
        bool knowsPeak = PeakMemory.TryReset();
        List<double> samples = new(repetitions);
        List<PeerRun>[] runs = [.. peers.Select(_ => new List<PeerRun>(repetitions))];
        for (int i = 0; i < repetitions; i++)
        {
            samples.Add(await prepared.SampleAsync(cancellationToken).ConfigureAwait(false));
            foreach ((LlamaBench peer, List<PeerRun> results) in peers.Zip(runs))
            {
                if (await peer.RunAsync(test, threads, cancellationToken).ConfigureAwait(false) is { } run)
                {
                    results.Add(run);
                }
            }
        }

        long? peak = knowsPeak ? PeakMemory.OfThisProcess() : null;
        return new BenchRow
        {
            Test = test,
            Threads = threads,
            Samples = samples,
            BytesPerToken = test.Kind == BenchKind.Generate ? BytesPerToken(model.Footprint, model.Config, test) : null,
            FlopsPerToken = test.Kind == BenchKind.Prompt ? FlopsPerToken(model.Config, test) : null,
            ProductCeiling = ProductCeilings.Of(model.Footprint.LayerWeights, activations, before),
            Before = before,
            After = measure(threads),
            PeakBytes = peak,
            LoadTime = loadTime,
            Delays = (prepared as ServeTest)?.Delays,
            Peers =
            [
                .. peers.Zip(runs, (peer, results) => new PeerSamples(
                    peer.Name, [.. results.Select(run => run.Rate)], [.. results.Zip(samples, (run, ours) => ours / run.Rate)], results.Max(run => run.PeakBytes))),
            ],
        };
    }

    /// <summary>Bytes that one generated token reads: the weights, and the keys and values of the tokens before it, in the mean over the test.</summary>
    internal static long BytesPerToken(ModelFootprint footprint, ModelConfig config, BenchTest test) =>
        footprint.WeightBytesPerToken + (long)(footprint.CacheBytesPerToken * Seen(config, test.MeanPast));

    /// <summary>
    /// Operations of one prompt token: two a parameter of the layers, four a channel and head for each token that it looks back on, in the mean over the
    /// test. The head runs for the last token only and is left out.
    /// </summary>
    internal static double FlopsPerToken(ModelConfig config, BenchTest test)
    {
        double vocabulary = (double)config.VocabSize * config.HiddenSize * (config.TieWordEmbeddings ? 1 : 2);
        double past = Seen(config, test.Depth + ((test.PromptTokens + 1) / 2.0));
        return (2 * (config.ParameterCount - vocabulary)) + (4.0 * config.LayerCount * config.HeadCount * config.HeadSize * past);
    }

    private static double Seen(ModelConfig config, double past) => Math.Min(past, config.SlidingWindow ?? double.MaxValue);
}
