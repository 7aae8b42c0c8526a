// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.TestSupport;

namespace Phi4.Cli.Tests.Verbs;

public sealed class EvalVerbTests
{
    private static readonly string Ids = string.Join(' ', Enumerable.Range(0, 100).Select(i => i * 31 % 512));

    [Test]
    public async Task Perplexity_OfIds_IsThatOfScore()
    {
        Outcome outcome = await Command.PipeAsync(Ids, "eval", "perplexity", "-m", TestModels.Tiny, "--ids", "-", "-o", "json");
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        JsonElement score = (await Command.PipeAsync($"{{\"ids\":[{Ids.Replace(' ', ',')}]}}\n", "score", "-m", TestModels.Tiny, "--jsonl")).Json;
        double mean = -score.GetProperty("logprobs").EnumerateArray().Skip(1).Average(value => value.GetDouble());
        Assert.That(outcome.Json.GetProperty("negative_logprob").GetDouble(), Is.EqualTo(mean).Within(1e-6));
        Assert.That(outcome.Json.GetProperty("perplexity").GetDouble(), Is.EqualTo(Math.Exp(mean)).Within(1e-3).Percent);
        Assert.That(outcome.Json.GetProperty("counted_tokens").GetInt32(), Is.EqualTo(99));
    }

    [Test]
    public async Task Perplexity_OfTheSamplesText_IsThatOfATrainedModel()
    {
        string text = Path.Combine(TestModels.Sample, "evaluation.txt");
        string beginning = (await File.ReadAllTextAsync(text))[..3000];
        Outcome outcome = await Command.PipeAsync(beginning, "eval", "perplexity", "-m", TestModels.Sample, "-f", "-", "--special", "parse", "-o", "json");
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Assert.That(outcome.Json.GetProperty("perplexity").GetDouble(), Is.LessThan(30), "guessing among 512 tokens would be 512");
    }

    [Test]
    public async Task Kl_QuantizedBesideStored_SaysEverything()
    {
        Outcome outcome = await Command.PipeAsync(
            Ids, "eval", "kl", "-m", TestModels.Tiny, "--base", TestModels.Tiny, "--weights", "int8", "--ids", "-", "-c", "32", "-o", "json");
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        JsonElement json = outcome.Json;
        Assert.That(json.GetProperty("kl").GetDouble(), Is.GreaterThan(0).And.LessThan(0.01));
        Assert.That(json.GetProperty("kl_max").GetDouble(), Is.GreaterThanOrEqualTo(json.GetProperty("kl_99").GetDouble()));
        Assert.That(json.GetProperty("top1_agreement").GetDouble(), Is.GreaterThan(0.8));
        Assert.That(json.GetProperty("perplexity").GetDouble() / json.GetProperty("base_perplexity").GetDouble(), Is.EqualTo(json.GetProperty("perplexity_ratio").GetDouble()).Within(1e-6));
        Assert.That(json.GetProperty("windows").GetInt32(), Is.EqualTo(6));
    }

    [Test]
    public async Task Kl_SameOptionsAsTheBase_IsZero()
    {
        Outcome outcome = await Command.PipeAsync(
            Ids, "eval", "kl", "-m", TestModels.Tiny, "--base", TestModels.Tiny, "--weights", "int4", "--base-weights", "int4", "--kv", "bf16", "--base-kv", "bf16", "--ids", "-");
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Assert.That(outcome.Out, Does.StartWith("KL divergence   0 ± 0\n"));
    }

    [Test]
    public async Task Kl_OtherVocabulary_IsAnErrorWithBothSizes()
    {
        Outcome outcome = await Command.PipeAsync(Ids, "eval", "kl", "-m", TestModels.Tiny, "--base", Goldens.Model("tiny-phi4-mini"), "--ids", "-");
        Assert.That(outcome.ExitCode, Is.EqualTo(1));
        Assert.That(outcome.Error, Does.Contain("600").And.Contain("512"));
    }

    [Test]
    public async Task Perplexity_TextTooShort_IsAnError()
    {
        Outcome outcome = await Command.PipeAsync("7", "eval", "perplexity", "-m", TestModels.Tiny, "--ids", "-");
        Assert.That(outcome.ExitCode, Is.EqualTo(1));
        Assert.That(outcome.Error, Does.Contain("1 tokens; at least 2"));
    }

    [Test]
    public async Task Perplexity_WindowBeyondTheModel_IsAUsageError()
    {
        Outcome outcome = await Command.PipeAsync(Ids, "eval", "perplexity", "-m", TestModels.Tiny, "--ids", "-", "-c", "10000000");
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Error, Does.Contain("10000000"));
    }

    [Test]
    public async Task Perplexity_TextWithoutATokenizer_SaysWhatToDo()
    {
        Outcome outcome = await Command.PipeAsync("Hello there.", "eval", "perplexity", "-m", TestModels.Tiny, "-f", "-");
        Assert.That(outcome.ExitCode, Is.EqualTo(3));
        Assert.That(outcome.Error, Does.Contain("--ids"));
    }

    [TestCase("eval")]
    [TestCase("eval", "perplexity", "-m", "x")]
    [TestCase("eval", "perplexity", "--stride", "0")]
    [TestCase("eval", "perplexity", "--nothing")]
    public async Task CommandLine_Impossible_IsAUsageError(params string[] args)
    {
        Outcome outcome = await Command.RunAsync(args);
        Assert.That(outcome.ExitCode, Is.EqualTo(args.Contains("x") ? 3 : 2).Or.EqualTo(2), outcome.Error);
        Assert.That(outcome.Error, Does.StartWith("error: "));
    }

    [TestCase("perplexity")]
    [TestCase("kl")]
    public async Task NoText_IsAUsageError(string verb)
    {
        Outcome outcome = await Command.RunAsync("eval", verb, "-m", TestModels.Tiny, "--base", TestModels.Tiny);
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Error, Does.Contain(verb == "kl" ? "--ids" : "--base"));
    }
}
