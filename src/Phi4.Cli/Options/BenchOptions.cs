// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Globalization;
using Phi4.Cli.Bench;
using Phi4.Cli.Bench.Peers;
using Phi4.Cli.Errors;

namespace Phi4.Cli.Options;

/// <summary>Which tests a bench runs, how often, and how it tells.</summary>
internal sealed class BenchOptions
{
    private const int MostTokens = 1 << 20;

    private readonly Option<Numbers?> _prompts;
    private readonly Option<Numbers?> _answers;
    private readonly Option<Numbers?> _depths;
    private readonly Option<Numbers?> _threads;
    private readonly Option<Numbers?> _sequences;
    private readonly Option<int?> _repetitions;
    private readonly Option<BenchFormat?> _format;
    private readonly Option<string[]> _against;

    public BenchOptions(OptionFactory factory)
    {
        _prompts = List(factory, "--n-prompt", "-p", 0, MostTokens, "Lengths of prompts to time; 0 for none.", "512");
        _answers = List(factory, "--n-gen", "-n", 0, MostTokens, "Numbers of tokens to generate and time; 0 for none.", "128");
        _depths = List(factory, "--n-depth", "-d", 0, MostTokens, "Tokens that are in the cache before each test.", "0");
        _threads = List(factory, "--threads", "-t", 1, 1024, "Threads that compute; the model is loaded for each.", "one a processor");
        _sequences = List(
            factory, "--concurrency", null, 1, 1024, "Requests at once: times these instead, each request with the prompt of -p and the answer of -n.", "none");
        _repetitions = factory.Integer("--repetitions", ["-r"], 1, 1000, "Repetitions of each test.", "5");
        _format = factory.Choice(
            "--output", ["-o"], "md is a table, csv has plain units, json has everything.", "md", null,
            ("md", BenchFormat.Markdown), ("csv", BenchFormat.Csv), ("json", BenchFormat.Json));
        _against = new Option<string[]>("--against")
        {
            HelpName = "PEER",
            Description = $"Another engine that takes turns with this one: {PeerSpec.Shape}. May be given several times.",
            Arity = ArgumentArity.OneOrMore,
        };
    }

    public void AddTo(Command command)
    {
        command.Add(_prompts);
        command.Add(_answers);
        command.Add(_depths);
        command.Add(_threads);
        command.Add(_sequences);
        command.Add(_repetitions);
        command.Add(_format);
        command.Add(_against);
    }

    public int RepetitionsOf(ParseResult parse) => parse.GetValue(_repetitions) ?? 5;

    public IReadOnlyList<int> ThreadsOf(ParseResult parse) => parse.GetValue(_threads)?.Values ?? [Environment.ProcessorCount];

    public BenchFormat FormatOf(ParseResult parse) => parse.GetValue(_format) ?? BenchFormat.Markdown;

    /// <summary>The other engines asked for, each under a name of its own.</summary>
    public IReadOnlyList<PeerSpec> PeersOf(ParseResult parse) => PeerSpec.Distinct([.. (parse.GetValue(_against) ?? []).Select(PeerSpec.Parse)]);

    /// <summary>The tests asked for, at least one.</summary>
    public IReadOnlyList<BenchTest> TestsOf(ParseResult parse)
    {
        IReadOnlyList<int> prompts = parse.GetValue(_prompts)?.Values ?? [512];
        IReadOnlyList<int> answers = parse.GetValue(_answers)?.Values ?? [128];
        IReadOnlyList<int> depths = parse.GetValue(_depths)?.Values ?? [0];
        IReadOnlyList<int> sequences = parse.GetValue(_sequences)?.Values ?? [];
        if (sequences.Count > 0 && (depths is not [0] || answers.Any(n => n is 1)))
        {
            throw CommandException.Usage("--concurrency needs answers of two tokens or more, and knows no depth.");
        }

        if (sequences.Count > 0 && parse.GetValue(_against) is { Length: > 0 })
        {
            throw CommandException.Usage("--against knows no --concurrency: a llama-bench answers one request at a time.");
        }

        IReadOnlyList<BenchTest> tests = BenchTest.Plan(prompts, answers, depths, sequences);
        return tests.Count > 0 ? tests : throw CommandException.Usage("There is no test to run: -p or -n must be above 0, and both with --concurrency.");
    }

    private static Option<Numbers?> List(OptionFactory factory, string name, string? alias, int least, int most, string help, string otherwise) =>
        factory.Value<Numbers>(
            name, alias is null ? [] : [alias], "N,N",
            help, FormattableString.Invariant($"{least} to {most}, several with commas between them"), otherwise,
            (string text, out Numbers value) => Numbers.TryParse(text, least, most, out value));

    /// <summary>Whole numbers with commas between them.</summary>
    private readonly record struct Numbers(IReadOnlyList<int> Values)
    {
        public static bool TryParse(string text, int least, int most, out Numbers numbers)
        {
            List<int> values = [];
            foreach (string word in text.Split(','))
            {
                if (!int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int value) || value < least || value > most)
                {
                    numbers = default;
                    return false;
                }

                values.Add(value);
            }

            numbers = new Numbers(values);
            return true;
        }
    }
}

/// <summary>How a bench tells its results.</summary>
internal enum BenchFormat
{
    /// <summary>A table for people.</summary>
    Markdown,

    /// <summary>A line a test.</summary>
    Csv,

    /// <summary>One object.</summary>
    Json,
}
