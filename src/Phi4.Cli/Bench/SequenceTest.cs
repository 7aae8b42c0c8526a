// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Bench;

/// <summary>
/// pp and tg: one request at a time through the engine as everybody's requests go, sampler included. What the depth asks for is computed once;
/// every repetition continues a copy of it.
/// </summary>
internal sealed class SequenceTest : IPreparedTest
{
    private const int WarmUpTokens = 16;

    private readonly Phi4Model _model;
    private readonly Phi4Sequence _sequence;
    private readonly BenchTest _test;

    private SequenceTest(Phi4Model model, Phi4Sequence sequence, BenchTest test)
    {
        _model = model;
        _sequence = sequence;
        _test = test;
    }

    /// <summary>Fills the cache to the test's depth and warms up; not timed.</summary>
    public static async Task<SequenceTest> PrepareAsync(Phi4Model model, BenchTest test, CancellationToken cancellationToken)
    {
        int vocabSize = model.Config.VocabSize;
        Phi4Sequence sequence = model.CreateSequence();
        try
        {
            sequence.Append(RandomTokens.Make(test.Depth, vocabSize, seed: 1));
            if (test.Depth > 0)
            {
                await sequence.ForwardAsync(cancellationToken).ConfigureAwait(false);
            }

            sequence.Append(RandomTokens.Make(test.Kind == BenchKind.Prompt ? test.PromptTokens : test.Depth > 0 ? 0 : 1, vocabSize, seed: 2));
            var prepared = new SequenceTest(model, sequence, test);
            await prepared.AnswerAsync(test.Kind == BenchKind.Prompt ? 1 : Math.Min(WarmUpTokens, test.AnswerTokens) + 1, cancellationToken).ConfigureAwait(false);
            return prepared;
        }
        catch
        {
            sequence.Dispose();
            throw;
        }
    }

    public async Task<double> SampleAsync(CancellationToken cancellationToken)
    {
        if (_test.Kind == BenchKind.Prompt)
        {
            GenerationUsage prompt = await AnswerAsync(1, cancellationToken).ConfigureAwait(false);
            return _test.PromptTokens / prompt.PromptTime.TotalSeconds;
        }

        // The step that computes the last token of the past gives the first answer token; the steps after it are those that count.
        GenerationUsage answer = await AnswerAsync(_test.AnswerTokens + 1, cancellationToken).ConfigureAwait(false);
        return answer.GeneratedTokensPerSecond;
    }

    public void Dispose() => _sequence.Dispose();

    private async Task<GenerationUsage> AnswerAsync(int tokenCount, CancellationToken cancellationToken)
    {
        GenerationUsage? usage = null;
        await foreach (GenerationChunk chunk in _model.GenerateAsync(_sequence, Greedy.Exactly(tokenCount), cancellationToken).ConfigureAwait(false))
        {
            usage = chunk.Usage;
        }

        return usage!;
    }
}

/// <summary>How every test answers.</summary>
internal static class Greedy
{
    /// <summary>The most probable token each time, this many times, whatever the model's own configuration says.</summary>
    public static GenerationOptions Exactly(int tokenCount) => new()
    {
        MaxTokens = tokenCount,
        Temperature = 0,
        TopK = 0,
        TopP = 1,
        MinP = 0,
        TypicalP = 1,
        RepetitionPenalty = 1,
        IgnoreEndTokens = true,
        PromptCache = false, // the same prompt comes again, and is to be computed again
    };
}
