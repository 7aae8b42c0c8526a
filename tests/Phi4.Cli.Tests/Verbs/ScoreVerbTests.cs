// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.TestSupport;

namespace Phi4.Cli.Tests.Verbs;

public sealed class ScoreVerbTests
{
    private const double Tolerance = 1e-4; // of the logits' standard deviation

    [Test]
    public async Task Jsonl_GoldenPrompts_GiveTheReferenceLogits(
        [Values("tiny-phi4", "tiny-phi4-fp32", "tiny-phi4-mini", "tiny-phi4-sharded")] string name, [Values("cpu", "reference")] string device)
    {
        using JsonDocument goldens = JsonDocument.Parse(File.ReadAllText(Path.Combine(Goldens.Model(name), "goldens.json")));
        JsonElement[] prompts =
            [.. goldens.RootElement.GetProperty("prompts").EnumerateArray().Where(prompt => device == "cpu" || prompt.GetProperty("length").GetInt32() <= 33)];
        string input = string.Concat(prompts.Select(prompt => $"{{\"ids\":{prompt.GetProperty("ids").GetRawText()}}}\n"));

        Outcome outcome = await Command.PipeAsync(input, "score", "--model", Goldens.Model(name), "--jsonl", "--logits", "--device", device, "--kv", "f32", "--activations", "f32");

        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Assert.That(outcome.JsonLines, Has.Length.EqualTo(prompts.Length));
        foreach ((JsonElement prompt, JsonElement answer) in prompts.Zip(outcome.JsonLines))
        {
            double[] expected = LogSoftmax(Floats(prompt.GetProperty("logits_last")));
            double[] found = LogSoftmax(Floats(answer.GetProperty("logits_last")));
            double std = prompt.GetProperty("checks").GetProperty("std").GetDouble();
            Assert.That(found, Has.Length.EqualTo(expected.Length));
            Assert.That(expected.Zip(found, (a, b) => Math.Abs(a - b)).Max() / std, Is.LessThan(Tolerance));
        }
    }

    [Test]
    public async Task Jsonl_LogProbs_AreThoseOfTheLogitsBeforeEachToken()
    {
        int[] ids = [5, 17, 300, 9, 41];
        string input = string.Concat(Enumerable.Range(1, ids.Length).Select(length => $"{{\"ids\":[{string.Join(',', ids[..length])}]}}\n"));
        Outcome outcome = await Command.PipeAsync(input, "score", "-m", TestModels.Tiny, "--jsonl", "--logits");
        JsonElement[] answers = outcome.JsonLines;
        JsonElement whole = answers[^1];
        Assert.That(whole.GetProperty("logprobs").GetArrayLength(), Is.EqualTo(ids.Length));
        Assert.That(whole.GetProperty("top").GetArrayLength(), Is.EqualTo(ids.Length));
        Assert.That(whole.GetProperty("logprobs")[0].ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(whole.GetProperty("top")[0].ValueKind, Is.EqualTo(JsonValueKind.Null));
        for (int i = 1; i < ids.Length; i++)
        {
            double[] before = LogSoftmax(Floats(answers[i - 1].GetProperty("logits_last")));
            Assert.That(whole.GetProperty("logprobs")[i].GetDouble(), Is.EqualTo(before[ids[i]]).Within(1e-5));
            Assert.That(whole.GetProperty("top")[i][0].GetInt32(), Is.EqualTo(Array.IndexOf(before, before.Max())));
            Assert.That(whole.GetProperty("top")[i][1].GetDouble(), Is.EqualTo(before.Max()).Within(1e-5));
        }
    }

    [Test]
    public async Task Jsonl_BadLines_AreAnsweredInPlaceAndTheRestGoesOn()
    {
        const string Input = """
            {"ids":[1,2]}
            {"ids":[1,2
            {"ids":[]}
            {"ids":[1,512]}
            {"ids":[1,-2]}
            {"ids":[1,2.5]}
            {"ids":"1"}
            {}
            [1]

            {"ids":[1,2]}
            """;
        Outcome outcome = await Command.PipeAsync(Input, "score", "-m", TestModels.Tiny, "--jsonl");
        Assert.That(outcome.ExitCode, Is.EqualTo(1));
        JsonElement[] answers = outcome.JsonLines;
        Assert.That(answers, Has.Length.EqualTo(10));
        foreach (JsonElement bad in answers[1..^1])
        {
            Assert.That(bad.GetProperty("error").GetProperty("type").GetString(), Is.AnyOf("invalid_json", "invalid_request"));
            Assert.That(bad.GetProperty("error").GetProperty("message").GetString(), Is.Not.Empty);
        }

        Assert.That(answers[^1].GetRawText(), Is.EqualTo(answers[0].GetRawText()));
    }

    [Test]
    public async Task Jsonl_TooLongForTheContext_IsTold()
    {
        Outcome outcome = await Command.PipeAsync("{\"ids\":[1,2,3,4,5]}\n", "score", "-m", TestModels.Tiny, "--jsonl", "--ctx-size", "4");
        Assert.That(outcome.ExitCode, Is.EqualTo(1));
        Assert.That(outcome.Json.GetProperty("error").GetProperty("type").GetString(), Is.EqualTo("context_length_exceeded"));
    }

    [Test]
    public async Task Jsonl_EachLine_IsAnsweredBeforeTheNextIsSent()
    {
        using var child = new ChildProcess("score", "-m", TestModels.Tiny, "--jsonl");
        for (int i = 0; i < 3; i++)
        {
            await child.Input.WriteLineAsync("{\"ids\":[1,2,3]}");
            await child.Input.FlushAsync();
            string? answer = await child.Output.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.That(answer, Does.StartWith("{\"logprobs\":[null,"));
        }

        child.Input.Close();
        Assert.That(await child.ExitCodeAsync(), Is.Zero);
    }

    [TestCase("bf16")]
    [TestCase("int8")]
    public async Task Cache_ThatRounds_ChangesTheNumbersALittle(string type)
    {
        const string Input = "{\"ids\":[1,2,3,4,5,6,7,8]}\n";
        JsonElement exact = (await Command.PipeAsync(Input, "score", "-m", TestModels.Tiny, "--jsonl", "--logits", "--kv", "f32")).Json;
        JsonElement rounded = (await Command.PipeAsync(Input, "score", "-m", TestModels.Tiny, "--jsonl", "--logits", "--kv", type)).Json;
        float[] a = Floats(exact.GetProperty("logits_last"));
        float[] b = Floats(rounded.GetProperty("logits_last"));
        double difference = a.Zip(b, (x, y) => Math.Abs(x - y)).Max();
        Assert.That(difference, Is.GreaterThan(0).And.LessThan(0.1 * a.Max()));
    }

    [Test]
    public async Task Ids_ForPeople_PrintATableAndThePerplexity()
    {
        Outcome outcome = await Command.RunAsync("score", "-m", TestModels.Tiny, "--ids", "1,2,3");
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Assert.That(outcome.Lines, Has.Length.EqualTo(5));
        Assert.That(outcome.Lines[^1], Does.Match(@"^mean logprob -\d+\.\d{4}, perplexity \d+\.\d{3} over 2 tokens$"));
    }

    private static float[] Floats(JsonElement list) => [.. list.EnumerateArray().Select(element => element.GetSingle())];

    private static double[] LogSoftmax(float[] logits)
    {
        double largest = logits.Max();
        double sum = Math.Log(logits.Sum(logit => Math.Exp(logit - largest))) + largest;
        return [.. logits.Select(logit => logit - sum)];
    }
}
