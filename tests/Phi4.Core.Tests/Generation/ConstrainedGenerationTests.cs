// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Generation;

/// <summary>Constraints from the door to the last token, on the model that ships with the repository.</summary>
internal sealed class ConstrainedGenerationTests
{
    private const string Schema = """{"type":"object","properties":{"answer":{"type":"integer"},"unit":{"enum":["metre","second"]}},"required":["answer","unit"],"additionalProperties":false}""";

    private static readonly Prompt Sum = Prompt.FromUser("What is 12 + 30?");

    private Phi4Model _model = null!;

    [OneTimeSetUp]
    public async Task Load() => _model = await Phi4Model.LoadAsync(Samples.Model);

    [OneTimeTearDown]
    public void Unload() => _model.Dispose();

    [Test]
    public async Task Complete_WithASchema_GivesItsJsonAndForcesWhatIsDetermined()
    {
        GenerationResult answer = await _model.CompleteAsync(Sum, new GenerationOptions { Constraint = Constraint.JsonSchema(Schema, JsonWhitespace.Compact) });
        using JsonDocument json = JsonDocument.Parse(answer.Text);
        Assert.That(json.RootElement.GetProperty("answer").ValueKind, Is.EqualTo(JsonValueKind.Number));
        Assert.That(answer.FinishReason, Is.EqualTo(FinishReason.Stop));
        Assert.That(answer.Usage.ForcedTokens, Is.GreaterThan(3));
        Assert.That(answer.Usage.GeneratedTokens, Is.EqualTo(answer.TokenIds.Count));
    }

    [Test]
    public async Task Complete_WithReports_GivesTheSameTokensAndOneReportEach()
    {
        var options = new GenerationOptions { Constraint = Constraint.JsonSchema(Schema), Temperature = 1, Seed = 4, MaxTokens = 100 };
        GenerationResult plain = await _model.CompleteAsync(Sum, options);
        GenerationResult reported = await _model.CompleteAsync(Sum, options with { LogProbs = 1 });
        Assert.That(reported.TokenIds, Is.EqualTo(plain.TokenIds));
        Assert.That(reported.LogProbs, Has.Count.EqualTo(reported.TokenIds.Count));
        Assert.That(reported.Usage.ForcedTokens, Is.Zero);
        Assert.That(plain.Usage.ForcedTokens, Is.Positive);
    }

    [Test]
    public async Task Complete_HotModelAnySeed_ParsesUnlessCutByLength()
    {
        var constraint = Constraint.JsonSchema("""{"type":"object","properties":{"a":{"type":"string","maxLength":8},"b":{"type":"array","items":{"type":"number"},"maxItems":3}},"required":["a","b"]}""");
        GenerationResult[] answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(seed =>
            _model.CompleteAsync(Sum, new GenerationOptions { Constraint = constraint, Temperature = 5, Seed = seed, MaxTokens = seed < 2 ? 5 : 600 })));
        for (int i = 0; i < answers.Length; i++)
        {
            Assert.That(answers[i].FinishReason, Is.EqualTo(i < 2 ? FinishReason.Length : FinishReason.Stop), answers[i].Text);
            Assert.That(() => JsonDocument.Parse(answers[i].Text).Dispose(), i < 2 ? Throws.InstanceOf<JsonException>() : Throws.Nothing);
        }
    }

    [Test]
    public async Task Complete_OneChoiceOnly_NeedsNoStep()
    {
        GenerationResult answer = await _model.CompleteAsync(Sum, new GenerationOptions { Constraint = Constraint.Choice("forty-two") });
        Assert.That(answer.Text, Is.EqualTo("forty-two"));
        Assert.That(answer.FinishReason, Is.EqualTo(FinishReason.Stop));
        Assert.That(answer.Usage.ForcedTokens, Is.EqualTo(answer.TokenIds.Count));
        Assert.That(_model.GetStatus().FreeCacheTokens, Is.EqualTo(_model.GetStatus().CacheTokens));
    }

    [TestCase("yes", "no")]
    [TestCase("日本", "日曜", "é")]
    public async Task Complete_WithChoices_GivesOneOfThem(params string[] choices)
    {
        GenerationResult answer = await _model.CompleteAsync(Sum, new GenerationOptions { Constraint = Constraint.Choice(choices), Temperature = 3, Seed = 1 });
        Assert.That(choices, Does.Contain(answer.Text));
    }

    [Test]
    public async Task Complete_WhereTheConstraintMayGoOn_EndsWithAnEndTokenOnly()
    {
        GenerationResult answer = await _model.CompleteAsync(Sum, new GenerationOptions { Constraint = Constraint.Regex("(?:[0-9]{2} )+"), Temperature = 1, Seed = 2, MaxTokens = 400 });
        Assert.That(answer.Text, Does.Match("^(?:[0-9]{2} )+$").Or.Matches("^[0-9 ]+$"));
        Assert.That(answer.FinishReason is FinishReason.Length || answer.Text.Length % 3 == 0);
        Assert.That(answer.FinishReason is FinishReason.Length || _model.EndTokenIds.Contains(answer.TokenIds[^1]));
    }

    [Test]
    public void Complete_WhatCannotBeHonoured_IsRefusedAtTheDoor()
    {
        var constraint = Constraint.Choice("a", "b");
        Assert.That(() => _model.GenerateAsync(Sum, new() { Constraint = Constraint.JsonSchema("""{"not":{}}""") }), Throws.TypeOf<ConstraintException>().With.Property("Keyword").EqualTo("not"));
        Assert.That(() => _model.GenerateAsync(Sum, new() { Constraint = constraint, MinTokens = 1 }), Throws.TypeOf<InvalidOptionsException>());
        Assert.That(() => _model.GenerateAsync(Sum, new() { Constraint = constraint, BannedTokens = [1] }), Throws.TypeOf<InvalidOptionsException>());
        Assert.That(() => _model.GenerateAsync(Sum, new() { Constraint = constraint, AllowedTokens = [1] }), Throws.TypeOf<InvalidOptionsException>());
    }

    [Test]
    public async Task Matcher_ByHandWithASequence_FollowsTheConstraint()
    {
        using Phi4Sequence sequence = _model.CreateSequence();
        sequence.Append(_model.Tokenizer!.Encode("12 + 30 = "));
        ConstraintMatcher matcher = _model.CreateMatcher(Constraint.Regex("[0-9]{3}"));
        float[] masked = new float[_model.Config.VocabSize];
        List<int> ids = [];
        while (!matcher.MustEnd)
        {
            matcher.Mask(await Logits(sequence), masked);
            int token = masked.AsSpan().IndexOf(masked.Max());
            Assert.That(matcher.Allows(token));
            ConstraintMatcher fork = matcher.Fork();
            matcher.Accept(token);
            Assert.That(fork.MayEnd, Is.False);
            sequence.Append(token);
            ids.Add(token);
        }

        Assert.That(_model.Tokenizer.Decode([.. ids]), Does.Match("^[0-9]{3}$"));
        Assert.That(() => matcher.Accept(ids[0]), Throws.InvalidOperationException);

        static async Task<float[]> Logits(Phi4Sequence sequence) => (await sequence.ForwardAsync()).ToArray();
    }
}
