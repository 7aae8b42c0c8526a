// SPDX-License-Identifier: MIT
namespace Phi4.Core.Tests;

public sealed class GenerationOptionsTests
{
    private const int VocabSize = 10;

    private static IEnumerable<TestCaseData> Impossible()
    {
        yield return Case(nameof(GenerationOptions.MaxTokens), new() { MaxTokens = 0 });
        yield return Case(nameof(GenerationOptions.MaxTokens), new() { MaxTokens = -1 });
        yield return Case(nameof(GenerationOptions.MinTokens), new() { MinTokens = -1 });
        yield return Case(nameof(GenerationOptions.MinTokens), new() { MinTokens = 6, MaxTokens = 5 });
        foreach (var value in new[] { float.NaN, -0.1f, float.PositiveInfinity, float.NegativeInfinity })
        {
            yield return Case(nameof(GenerationOptions.Temperature), new() { Temperature = value });
            yield return Case(nameof(GenerationOptions.TopP), new() { TopP = value });
            yield return Case(nameof(GenerationOptions.MinP), new() { MinP = value });
            yield return Case(nameof(GenerationOptions.TypicalP), new() { TypicalP = value });
            yield return Case(nameof(GenerationOptions.RepetitionPenalty), new() { RepetitionPenalty = value });
        }

        yield return Case(nameof(GenerationOptions.TopK), new() { TopK = -1 });
        yield return Case(nameof(GenerationOptions.TopP), new() { TopP = 0 });
        yield return Case(nameof(GenerationOptions.TopP), new() { TopP = 1.01f });
        yield return Case(nameof(GenerationOptions.MinP), new() { MinP = 1.01f });
        yield return Case(nameof(GenerationOptions.TypicalP), new() { TypicalP = 0 });
        yield return Case(nameof(GenerationOptions.TypicalP), new() { TypicalP = 1.01f });
        yield return Case(nameof(GenerationOptions.TypicalP), new() { TypicalP = 0.5f, Temperature = 0 });
        yield return Case(nameof(GenerationOptions.TypicalP), new GenerationOptions { TypicalP = 0.5f }.Resolve());
        yield return Case(nameof(GenerationOptions.RepetitionPenalty), new() { RepetitionPenalty = 0 });
        yield return Case(nameof(GenerationOptions.PresencePenalty), new() { PresencePenalty = float.NaN });
        yield return Case(nameof(GenerationOptions.FrequencyPenalty), new() { FrequencyPenalty = float.PositiveInfinity });
        foreach (var id in new[] { -1, VocabSize })
        {
            yield return Case(nameof(GenerationOptions.LogitBias), new() { LogitBias = new Dictionary<int, float> { [id] = 1 } });
            yield return Case(nameof(GenerationOptions.AllowedTokens), new() { AllowedTokens = [1, id] });
            yield return Case(nameof(GenerationOptions.BannedTokens), new() { BannedTokens = [1, id] });
            yield return Case(nameof(GenerationOptions.StopTokenIds), new() { StopTokenIds = [1, id] });
        }

        yield return Case(nameof(GenerationOptions.LogitBias), new() { LogitBias = new Dictionary<int, float> { [1] = float.NegativeInfinity } });
        yield return Case(nameof(GenerationOptions.AllowedTokens), new() { AllowedTokens = [] });
        yield return Case(nameof(GenerationOptions.BannedTokens), new() { AllowedTokens = [1, 2], BannedTokens = new HashSet<int> { 1, 2, 3 } });
        yield return Case(nameof(GenerationOptions.BannedTokens), new() { BannedTokens = [.. Enumerable.Range(0, VocabSize)] });
        yield return Case(nameof(GenerationOptions.MinTokens), new() { AllowedTokens = [8, 9], StopTokenIds = [8], MinTokens = 1 });
        yield return Case(nameof(GenerationOptions.MinTokens), new() { BannedTokens = [.. Enumerable.Range(0, 9)], MinTokens = 1 });
        yield return Case(nameof(GenerationOptions.LogProbs), new() { LogProbs = -1 });
        yield return Case(nameof(GenerationOptions.LogProbs), new() { LogProbs = 21 });
        yield return Case(nameof(GenerationOptions.StopStrings), new() { StopStrings = ["a", ""] });
        yield return Case(nameof(GenerationOptions.StopStrings), new() { StopStrings = ["a\uD83D"] });
        yield return Case(nameof(GenerationOptions.StopStrings), new() { StopStrings = ["\uDE00b"] });
        yield return Case(nameof(GenerationOptions.StopStrings), new() { StopStrings = [null!] });
        yield return Case(nameof(GenerationOptions.StopStrings), new() { StopStrings = [.. Enumerable.Repeat("x", 65)] });

        static TestCaseData Case(string option, GenerationOptions options) => new(option, options);
    }

    [TestCaseSource(nameof(Impossible))]
    public void Validate_Impossible_NamesTheOptionAndTheRange(string option, GenerationOptions options)
    {
        var error = Assert.Throws<InvalidOptionsException>(() => options.Validate(VocabSize, [9]));
        Assert.That(error!.Option, Is.EqualTo(option));
        Assert.That(error.Message, Does.StartWith(option + " is ").And.EndsWith($"; allowed: {error.Allowed}."));
    }

    private static IEnumerable<GenerationOptions> Possible()
    {
        yield return GenerationOptions.Default;
        yield return GenerationOptions.Default.Resolve();
        yield return new() { MaxTokens = 5, MinTokens = 5, Temperature = 0, TopK = 0, TopP = 1, MinP = 1, LogProbs = 20, Seed = -1 };
        yield return new() { Temperature = 1000, TopK = int.MaxValue, TopP = float.Epsilon, TypicalP = float.Epsilon, RepetitionPenalty = 0.01f };
        yield return new() { PresencePenalty = -2, FrequencyPenalty = 100, LogProbs = 0 };
        yield return new() { AllowedTokens = [8, 9], BannedTokens = [8], MinTokens = 1, IgnoreEndTokens = true };
        yield return new() { BannedTokens = [9], IgnoreEndTokens = true, StopTokenIds = [0, 0], LogitBias = new Dictionary<int, float> { [9] = -100 } };
        yield return new() { AllowedTokens = [1], MinTokens = 5 };
        yield return new() { StopStrings = ["\n\n", "\uD83D\uDE00", "User:"] };
    }

    [TestCaseSource(nameof(Possible))]
    public void Validate_Possible_Passes(GenerationOptions options) => Assert.DoesNotThrow(() => options.Validate(VocabSize, [9, 100_265]));

    [Test]
    public void Validate_MessageOfARange_ReadsWell()
    {
        var error = Assert.Throws<InvalidOptionsException>(() => new GenerationOptions { TopP = 1.5f }.Validate(VocabSize));
        Assert.That(error!.Message, Is.EqualTo("TopP is 1.5; allowed: above 0, at most 1."));
        Assert.That(error.Value, Is.EqualTo(1.5f));
    }

    [Test]
    public void Resolve_Precedence_RequestThenModelThenNeutral()
    {
        var resolved = new GenerationOptions { Temperature = 0.3f, MinP = 0 }
            .Resolve(temperature: 0.9f, topK: 20, repetitionPenalty: 1.05f, minP: 0.1f, typicalP: 0.8f);
        Assert.That(Values(resolved), Is.EqualTo((0.3f, 20, 1f, 0f, 0.8f, 1.05f)));
        Assert.That(Values(new GenerationOptions().Resolve()), Is.EqualTo((0f, 0, 1f, 0f, 1f, 1f)));
    }

    [Test]
    public void Resolve_GreedyRequestOfATypicalModel_IsPossible()
        => Assert.DoesNotThrow(() => new GenerationOptions { Temperature = 0 }.Resolve(temperature: 0.7f, typicalP: 0.9f).Validate(VocabSize));

    private static object Values(GenerationOptions o) => (o.Temperature, o.TopK, o.TopP, o.MinP, o.TypicalP, o.RepetitionPenalty);
}
