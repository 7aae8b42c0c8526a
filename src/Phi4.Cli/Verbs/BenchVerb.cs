// SPDX-License-Identifier: MIT
using System.CommandLine;
using Phi4.Cli.Bench;
using Phi4.Cli.Bench.Peers;
using Phi4.Cli.Errors;
using Phi4.Cli.Options;
using Phi4.Core.Diagnostics;

namespace Phi4.Cli.Verbs;

/// <summary><c>phi4 bench</c>: tokens a second beside what the machine could do.</summary>
internal sealed class BenchVerb : IVerb
{
    private readonly ModelOptions _model;
    private readonly BenchOptions _bench;

    public BenchVerb(OptionFactory factory)
    {
        _model = new ModelOptions(factory);
        _bench = new BenchOptions(factory);
        Command = new Command(
            "bench",
            "Times prompts and answers as llama-bench does, beside the machine's ceilings for reading and multiplying. Exit code 7: the machine was disturbed.");
        _bench.AddTo(Command);
        _model.AddTo(Command, ofOneRun: false);
    }

    public Command Command { get; }

    public async Task<int> RunAsync(VerbContext context)
    {
        IReadOnlyList<BenchTest> tests = _bench.TestsOf(context.Parse);
        string folder = _model.RequireFolderOf(context.Parse);
        MemoryPlan plan = Phi4Model.PlanMemory(folder);
        ThrowIfTooLong(tests, plan.MaxPositions);
        IReadOnlyList<LlamaBench> peers = await FindPeersAsync(context).ConfigureAwait(false);
        string[] files = [.. PageCache.FilesOf(folder).Concat(peers.SelectMany(peer => peer.ModelFiles)).Distinct()];
        bool filesInMemory = await PageCache.TryWarmAsync(files, plan.AvailableBytes, context.Cancellation).ConfigureAwait(false);
        IBenchReport report = _bench.FormatOf(context.Parse) switch
        {
            BenchFormat.Json => new JsonReport(context.Terminal.Out),
            BenchFormat.Csv => new CsvReport(context.Terminal.Out),
            _ => new MarkdownReport(context.Terminal.Out),
        };
        bool isComplete = false;
        try
        {
            bool anyDisturbed = await RunAsync(context, folder, tests, peers, filesInMemory, report).ConfigureAwait(false);
            isComplete = true;
            return anyDisturbed ? ExitCode.Disturbed : ExitCode.Success;
        }
        finally
        {
            // What was measured before an error or an interruption is not lost.
            report.End(isComplete);
        }
    }

    /// <returns>Whether any row does not count.</returns>
    private async Task<bool> RunAsync(
        VerbContext context, string folder, IReadOnlyList<BenchTest> tests, IReadOnlyList<LlamaBench> peers, bool filesInMemory, IBenchReport report)
    {
        bool anyDisturbed = false;
        bool begun = false;
        foreach (int threads in _bench.ThreadsOf(context.Parse))
        {
            Phi4LoadOptions options = LoadOptions(context, tests, threads);
            LoadedModel loaded = await ModelLoading.LoadAsync(context, folder, options).ConfigureAwait(false);
            await using Phi4Model model = loaded.Model;
            if (!begun)
            {
                report.Begin(Header(context, folder, model, options, peers) with { FilesInMemory = filesInMemory });
                begun = true;
            }

            var runner = new BenchRunner(model, threads, options.Activations, loaded.LoadTime, peers, count => MachineCeilings.Measure(count));
            foreach (BenchTest test in tests)
            {
                BenchRow row = await runner.RunAsync(test, _bench.RepetitionsOf(context.Parse), context.Cancellation).ConfigureAwait(false);
                report.Add(row);
                anyDisturbed |= row.IsDisturbed;
            }
        }

        return anyDisturbed;
    }

    private static string WeightsOf(ModelFootprint footprint, ActivationType activations)
    {
        string head = footprint.HeadWeights == footprint.LayerWeights ? "" : $", head {footprint.HeadWeights}";
        string products = footprint.LayerWeights == WeightType.BF16 && activations == ActivationType.F32 ? ", activations f32" : "";
        return (footprint.LayerWeights + head + products).ToLowerInvariant();
    }

    private async Task<IReadOnlyList<LlamaBench>> FindPeersAsync(VerbContext context)
    {
        List<LlamaBench> peers = [];
        foreach (PeerSpec spec in _bench.PeersOf(context.Parse))
        {
            peers.Add(await LlamaBench.FindAsync(spec, context.Cancellation).ConfigureAwait(false));
        }

        return peers;
    }

    private static void ThrowIfTooLong(IReadOnlyList<BenchTest> tests, int maxPositions)
    {
        if (tests.FirstOrDefault(test => test.ContextTokens > maxPositions) is { } test)
        {
            throw CommandException.Usage(
                FormattableString.Invariant($"{test.Name} makes a sequence of {test.ContextTokens} tokens; the model was made for {maxPositions}."));
        }
    }

    private Phi4LoadOptions LoadOptions(VerbContext context, IReadOnlyList<BenchTest> tests, int threads)
    {
        int sequences = tests.Max(test => test.Sequences);
        int tokens = tests.Max(test => test.ContextTokens);

        // A copy of the past shares its pages but for the last, which is copied when it is written to.
        const int SpareTokens = 128;
        return _model.LoadOptionsOf(context.Parse, sequences) with
        {
            ThreadCount = threads,
            ContextLength = tokens,
            CacheTokens = tests.Max(test => test.ContextTokens * test.Sequences) + (SpareTokens * sequences),
        };
    }

    private BenchHeader Header(VerbContext context, string folder, Phi4Model model, Phi4LoadOptions options, IReadOnlyList<LlamaBench> peers) => new(
        "phi4 " + string.Join(' ', context.Parse.Tokens.Select(token => token.Value)),
        MachineFacts.Now(),
        Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
        model.Config.ParameterCount,
        model.Footprint,
        model.Device.ToString().ToLowerInvariant(),
        WeightsOf(model.Footprint, options.Activations),
        options.KvCacheType.ToString().ToLowerInvariant(),
        _bench.RepetitionsOf(context.Parse),
        [.. peers.Select(peer => peer.Name)]);
}
