// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Bench;

/// <summary>What a test times.</summary>
internal enum BenchKind
{
    /// <summary>A prompt, to its first token: pp.</summary>
    Prompt,

    /// <summary>Tokens one at a time, greedily: tg.</summary>
    Generate,

    /// <summary>Several requests at once, prompt and answer.</summary>
    Serve,
}

/// <summary>One test, named as llama-bench names it.</summary>
/// <param name="Kind">What is timed.</param>
/// <param name="PromptTokens">Tokens of the prompt; 0 for <see cref="BenchKind.Generate"/>.</param>
/// <param name="AnswerTokens">Tokens generated; 0 for <see cref="BenchKind.Prompt"/>.</param>
/// <param name="Depth">Tokens that are in the cache before.</param>
/// <param name="Sequences">Requests at once.</param>
internal sealed record BenchTest(BenchKind Kind, int PromptTokens, int AnswerTokens, int Depth, int Sequences = 1)
{
    public string Name => Kind switch
    {
        BenchKind.Prompt => FormattableString.Invariant($"pp{PromptTokens}") + AtDepth,
        BenchKind.Generate => FormattableString.Invariant($"tg{AnswerTokens}") + AtDepth,
        _ => FormattableString.Invariant($"{Sequences} x pp{PromptTokens}+tg{AnswerTokens}"),
    };

    /// <summary>Tokens that its rate counts.</summary>
    public int CountedTokens => Kind == BenchKind.Prompt ? PromptTokens : AnswerTokens;

    /// <summary>Longest sequence that it makes, in tokens. A generation starts from one token at least, and a prompt is answered with one.</summary>
    public int ContextTokens => Kind == BenchKind.Generate ? Math.Max(Depth, 1) + AnswerTokens + 1 : Depth + PromptTokens + Math.Max(AnswerTokens, 1);

    /// <summary>Mean number of tokens that a generated token of this test reads from the cache.</summary>
    public double MeanPast => Kind == BenchKind.Generate ? Math.Max(Depth, 1) + ((AnswerTokens + 1) / 2.0) : 0;

    private string AtDepth => Depth > 0 ? FormattableString.Invariant($"@d{Depth}") : "";

    /// <summary>Every prompt and every answer at every depth; or, if numbers of sequences are given, each of these with every prompt and answer.</summary>
    public static IReadOnlyList<BenchTest> Plan(
        IReadOnlyList<int> prompts, IReadOnlyList<int> answers, IReadOnlyList<int> depths, IReadOnlyList<int> sequences) =>
        sequences.Count > 0
            ? [.. from p in prompts from n in answers from c in sequences where p > 0 && n > 0 select new BenchTest(BenchKind.Serve, p, n, 0, c)]
            : [.. from d in depths
                  from test in prompts.Where(p => p > 0).Select(p => new BenchTest(BenchKind.Prompt, p, 0, d))
                      .Concat(answers.Where(n => n > 0).Select(n => new BenchTest(BenchKind.Generate, 0, n, d)))
                  select test];
}
