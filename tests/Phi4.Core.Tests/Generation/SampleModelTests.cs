// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.TestSupport;
using Phi4.Tokenizer;

namespace Phi4.Core.Tests.Generation;

/// <summary>From text to text on a model that was trained: tokenizer, template, engine and sampler together.</summary>
internal sealed class SampleModelTests
{
    private Phi4Model _model = null!;

    [OneTimeSetUp]
    public async Task Load() => _model = await Phi4Model.LoadAsync(Samples.Model);

    [OneTimeTearDown]
    public void Unload() => _model.Dispose();

    [Test]
    public async Task Complete_ASum_AnswersIt()
    {
        GenerationResult answer = await _model.CompleteAsync(Prompt.FromUser("What is 12 + 30?"));
        Assert.That(answer.Text, Does.Contain("42"));
        Assert.That(answer.FinishReason, Is.EqualTo(FinishReason.Stop));
        Assert.That(answer.Text, Does.Not.Contain("<|"), "special tokens are not text");
        Assert.That(answer.Usage.GeneratedTokens, Is.EqualTo(answer.TokenIds.Count));
    }

    [Test]
    public async Task Complete_HeldOutSums_AreRightAtLeast95TimesIn100()
    {
        List<JsonElement> questions = [.. Questions().Where(question => TaskOf(question) is "add" or "subtract" && question.GetProperty("held_out").GetBoolean())];
        Assert.That(questions, Has.Count.GreaterThan(100));
        bool[] right = await Ask(questions);
        double share = right.Count(isRight => isRight) / (double)right.Length;
        TestContext.Out.WriteLine($"{right.Count(isRight => isRight)} of {right.Length} held-out sums and differences are right ({share:P1})");
        Assert.That(share, Is.GreaterThanOrEqualTo(0.95));
    }

    [Test]
    public async Task Logits_OfTheExportedWeights_EqualTheTrainersOwn()
    {
        await using Phi4Model exact = await Phi4Model.LoadAsync(Samples.Model, new() { Activations = ActivationType.F32, KvCacheType = KvCacheType.F32 });
        using JsonDocument goldens = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Samples.Model, "goldens.json")));
        foreach (JsonElement prompt in goldens.RootElement.GetProperty("prompts").EnumerateArray())
        {
            int[] ids = [.. prompt.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            float[] expected = [.. prompt.GetProperty("logits_last").EnumerateArray().Select(value => value.GetSingle())];
            TokenScores scores = await exact.ScoreAsync(Prompt.FromTokens(ids), includeLastLogits: true);
            double mean = expected.Average();
            double std = Math.Sqrt(expected.Average(value => (value - mean) * (value - mean)));
            float[] found = scores.LastLogits!.Value.ToArray();
            for (int i = 0; i < found.Length; i++)
            {
                Assert.That(Math.Abs(found[i] - expected[i]), Is.LessThan(1e-4 * std), $"logit {i}");
            }
        }
    }

    [Test]
    public void Encode_OfTheTrainersMessages_GivesItsIds()
    {
        using JsonDocument goldens = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Samples.Model, "goldens.json")));
        foreach (JsonElement prompt in goldens.RootElement.GetProperty("prompts").EnumerateArray())
        {
            int[] expected = [.. prompt.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            IReadOnlyList<ChatSegment> segments =
                _model.ChatTemplate!.RenderSegments(Messages(prompt), addGenerationPrompt: true, _model.Tokenizer!.SpecialTokens);
            Assert.That(_model.Tokenizer.EncodeChat(segments, strip: true), Is.EqualTo(expected).AsCollection);
        }
    }

    [Test]
    public async Task Generate_WithStopString_CutsItOffAcrossTokens()
    {
        GenerationResult whole = await _model.CompleteAsync(Prompt.FromUser("What is 12 + 30?"));
        string stop = whole.Text[^4..^1];
        GenerationResult cut = await _model.CompleteAsync(Prompt.FromUser("What is 12 + 30?"), new GenerationOptions { StopStrings = [stop] });
        Assert.That(cut.FinishReason, Is.EqualTo(FinishReason.StopString));
        Assert.That(cut.Text, Is.EqualTo(whole.Text[..whole.Text.IndexOf(stop, StringComparison.Ordinal)]));
    }

    [Test]
    public async Task Generate_WithASeed_GivesTheSameTextWhateverElseRuns()
    {
        var options = new GenerationOptions { Temperature = 1.5f, Seed = 7, MaxTokens = 40, IgnoreEndTokens = true };
        Prompt prompt = Prompt.FromUser("Tell me a short story about a cat.");
        GenerationResult alone = await _model.CompleteAsync(prompt, options);
        Task<GenerationResult>[] crowd = [.. Enumerable.Range(0, 12).Select(i => _model.CompleteAsync(prompt, options with { Seed = i % 4 == 0 ? 7 : i }))];
        GenerationResult[] results = await Task.WhenAll(crowd);
        Assert.That(results.Where((_, i) => i % 4 == 0).Select(result => result.Text), Is.All.EqualTo(alone.Text));
        Assert.That(results.Select(result => result.Text).Distinct().Count(), Is.GreaterThan(5), "other seeds give other texts");
        Assert.That(alone.Usage.Seed, Is.EqualTo(7));
    }

    [Test]
    public async Task Generate_WithLogProbs_ReportsTheScoresOfTheSameTokens()
    {
        GenerationResult answer = await _model.CompleteAsync(Prompt.FromUser("What is 12 + 30?"), new GenerationOptions { LogProbs = 3 });
        int[] prompt = _model.Tokenizer!.EncodeChat(
            _model.ChatTemplate!.RenderSegments([new ChatMessage("user", "What is 12 + 30?")], true, _model.Tokenizer.SpecialTokens), strip: true);
        TokenScores scores = await _model.ScoreAsync(Prompt.FromTokens([.. prompt, .. answer.TokenIds]));
        for (int i = 0; i < answer.TokenIds.Count; i++)
        {
            Assert.That(answer.LogProbs![i].Chosen.LogProb, Is.EqualTo(scores.LogProbs[prompt.Length + i]), "the same bits by decode and by prefill");
            Assert.That(answer.LogProbs[i].Top, Has.Count.EqualTo(3));
        }
    }

    private static string TaskOf(JsonElement question) => question.GetProperty("task").GetString()!;

    private static IEnumerable<JsonElement> Questions() =>
        File.ReadLines(Path.Combine(Samples.Model, "evaluation.jsonl")).Select(line => JsonDocument.Parse(line).RootElement);

    private static ChatMessage[] Messages(JsonElement element) => [.. element.GetProperty("messages").EnumerateArray().Select(ChatMessage.FromJson)];

    private async Task<bool[]> Ask(IEnumerable<JsonElement> questions) => await Task.WhenAll(questions.Select(async question =>
    {
        GenerationResult answer = await _model.CompleteAsync(Prompt.FromChat(Messages(question)), new GenerationOptions { MaxTokens = 60 });
        return answer.Text.Contains(question.GetProperty("result").GetString()!, StringComparison.Ordinal);
    }));
}
