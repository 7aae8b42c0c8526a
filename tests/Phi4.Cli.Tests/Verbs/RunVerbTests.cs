// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.Cli.Streams;
using Phi4.TestSupport;

namespace Phi4.Cli.Tests.Verbs;

public sealed class RunVerbTests
{
    private static readonly string[] TinyJson = ["run", "--model", TestModels.Tiny, "--temperature", "0", "--ignore-eos", "-o", "json"];

    [Test]
    public async Task Ids_WithoutATokenizer_GiveTheFixedJson()
    {
        Outcome outcome = await Command.RunAsync([.. TinyJson, "--ids", "1,2,3", "--max-tokens", "5"]);
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Assert.That(outcome.Error, Is.Empty);
        JsonElement answer = outcome.Json;
        Assert.That(answer.GetProperty("ids").GetArrayLength(), Is.EqualTo(5));
        Assert.That(answer.GetProperty("finish").GetString(), Is.EqualTo("length"));
        Assert.That(answer.GetProperty("timings").GetProperty("prompt_tokens").GetInt32(), Is.EqualTo(3));
        Assert.That(answer.GetProperty("timings").GetProperty("generated_tokens").GetInt32(), Is.EqualTo(5));
        Assert.That(answer.TryGetProperty("text", out _), Is.False);
        Assert.That(answer.TryGetProperty("logprobs", out _), Is.False);
        Assert.That(outcome.Out, Does.EndWith("}\n"));
    }

    [Test]
    public async Task Ids_GoldenPrompt_GiveTheReferenceTokens()
    {
        using JsonDocument goldens = JsonDocument.Parse(File.ReadAllText(Path.Combine(TestModels.Tiny, "goldens.json")));
        foreach (JsonElement golden in goldens.RootElement.GetProperty("greedy").EnumerateArray())
        {
            int[] expected = [.. golden.GetProperty("tokens").EnumerateArray().Select(token => token.GetInt32())];
            double[] margins = [.. golden.GetProperty("margin").EnumerateArray().Select(margin => margin.GetDouble())];
            int fair = Array.FindIndex(margins, margin => margin < 1e-3) is var close and >= 0 ? close : expected.Length;
            Assert.That(fair, Is.Positive);
            string ids = golden.GetProperty("prompt_ids").GetRawText();
            Outcome outcome = await Command.RunAsync([.. TinyJson, "--ids", ids, "-n", expected.Length.ToString(), "--kv", "f32", "--activations", "f32"]);
            int[] found = [.. outcome.Json.GetProperty("ids").EnumerateArray().Select(token => token.GetInt32())];
            Assert.That(found[..fair], Is.EqualTo(expected[..fair]));
        }
    }

    [Test]
    public async Task LogProbs_Asked_ComeWithEachToken()
    {
        Outcome outcome = await Command.RunAsync([.. TinyJson, "--ids", "1,2,3", "-n", "4", "--logprobs", "2"]);
        JsonElement answer = outcome.Json;
        Assert.That(answer.GetProperty("logprobs").GetArrayLength(), Is.EqualTo(4));
        foreach ((JsonElement id, JsonElement entry) in answer.GetProperty("ids").EnumerateArray().Zip(answer.GetProperty("logprobs").EnumerateArray()))
        {
            Assert.That(entry.GetProperty("id").GetInt32(), Is.EqualTo(id.GetInt32()));
            Assert.That(entry.GetProperty("top").GetArrayLength(), Is.EqualTo(2));
            Assert.That(entry.GetProperty("top")[0][1].GetRawText(), Is.EqualTo(entry.GetProperty("logprob").GetRawText()), "greedy takes the most probable");
        }
    }

    [Test]
    public async Task Seed_Reported_GivesTheSameAnswerAgain()
    {
        string[] args = ["run", "-m", TestModels.Tiny, "--ids", "4,5,6", "-n", "16", "--temp", "1", "--ignore-eos", "-o", "json"];
        JsonElement first = (await Command.RunAsync(args)).Json;
        JsonElement again = (await Command.RunAsync([.. args, "--seed", first.GetProperty("seed").GetRawText()])).Json;
        Assert.That(again.GetProperty("ids").GetRawText(), Is.EqualTo(first.GetProperty("ids").GetRawText()));
    }

    [Test]
    public async Task Context_Full_EndsTheAnswer()
    {
        Outcome outcome = await Command.RunAsync([.. TinyJson, "--ids", "1,2,3", "-c", "8"]);
        Assert.That(outcome.Json.GetProperty("finish").GetString(), Is.EqualTo("context_full"));
    }

    [Test]
    public async Task LogitBias_OnOneToken_ForcesIt()
    {
        Outcome outcome = await Command.RunAsync([.. TinyJson, "--ids", "1,2,3", "-n", "2", "--logit-bias", "77=1000", "--logit-bias", "78=-1000"]);
        Assert.That(outcome.Json.GetProperty("ids").GetRawText(), Is.EqualTo("[77,77]"));
    }

    [TestCase("--stop", "x")]
    [TestCase("--typical-p", "0.5")]
    [TestCase("--logit-bias", "512=1")]
    [TestCase("--min-tokens", "9", "--max-tokens", "8")]
    public async Task Options_ThatTheModelCannotHonour_AreUsageErrorsUnderTheirCommandLineName(params string[] options)
    {
        Outcome outcome = await Command.RunAsync([.. TinyJson, "--ids", "1,2,3", .. options]);
        Assert.That(outcome.ExitCode, Is.EqualTo(2), outcome.Error);
        Assert.That(outcome.Error, Does.StartWith($"error: {options[0]} "));
    }

    [TestCase("512")]
    [TestCase("1,x")]
    [TestCase(",")]
    public async Task Ids_ThatAreNone_AreRefused(string ids)
    {
        Outcome outcome = await Command.RunAsync([.. TinyJson, "--ids", ids]);
        Assert.That(outcome.ExitCode, Is.Not.Zero);
        Assert.That(outcome.Error, Does.StartWith("error: ").And.Not.Contain("Parameter"));
    }

    [Test]
    public async Task Text_OfAModelWithoutTokenizer_IsRefusedWithAHint()
    {
        Outcome outcome = await Command.RunAsync("run", "-m", TestModels.Tiny, "--ids", "1,2,3");
        Assert.That(outcome.ExitCode, Is.EqualTo(1));
        Assert.That(outcome.Error, Does.Contain("no tokenizer").And.Contain("hint: --ids with -o json"));
    }

    [Test]
    public async Task Interrupt_DuringTheAnswer_KeepsWhatThereIs()
    {
        using var interrupts = new Interrupts(_ => Assert.Fail("one interrupt must not kill the program"));
        Task<Outcome> running = Command.RunAsync([.. TinyJson, "--ids", "1,2,3"], null, interrupts: interrupts);
        await Task.Delay(1500);
        interrupts.Signal();
        Outcome outcome = await running;
        Assert.That(outcome.ExitCode, Is.EqualTo(130));
        Assert.That(outcome.Json.GetProperty("finish").GetString(), Is.EqualTo("cancelled"));
        Assert.That(outcome.Json.GetProperty("ids").GetArrayLength(), Is.Positive);
    }

    [Test]
    public async Task Prompt_ForTheSampleModel_IsAnswered()
    {
        Outcome outcome = await Command.RunAsync("run", "-m", TestModels.Sample, "What", "is", "12 + 30?");
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Assert.That(outcome.Out, Does.Contain("42").And.EndWith("\n"));
        Assert.That(outcome.Error, Is.Empty);
    }

    [Test]
    public async Task Prompt_FromArgumentFileOrPipe_IsTheSamePrompt()
    {
        const string Question = "What is 12 + 30?";
        using var folder = new TemporaryFolder();
        string file = folder.Write("prompt.txt", Question + "\n");
        string[] args = ["run", "-m", TestModels.Sample, "-o", "json", "--temp", "0"];
        Outcome[] outcomes =
        [
            await Command.RunAsync([.. args, Question]),
            await Command.RunAsync([.. args, "-f", file]),
            await Command.PipeAsync(Question + "\n", args),
            await Command.PipeAsync(Question, [.. args, "-"]),
            await Command.PipeAsync(Question, [.. args, "-f", "-"]),
            await Command.PipeAsync("", [.. args, Question]),
        ];
        foreach (Outcome outcome in outcomes)
        {
            Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
            Assert.That(outcome.Json.GetProperty("timings").GetProperty("prompt_tokens").GetRawText(),
                Is.EqualTo(outcomes[0].Json.GetProperty("timings").GetProperty("prompt_tokens").GetRawText()));
            Assert.That(outcome.Json.GetProperty("text").GetString(), Is.EqualTo(outcomes[0].Json.GetProperty("text").GetString()));
        }
    }

    [Test]
    public async Task Pipe_BesideAPrompt_FollowsItAfterAnEmptyLine()
    {
        string[] args = ["run", "-m", TestModels.Sample, "-o", "json", "--raw", "-n", "1"];
        Outcome both = await Command.PipeAsync("lines", [.. args, "prompt"]);
        Outcome joined = await Command.RunAsync([.. args, "prompt\n\nlines"]);
        Assert.That(Tokens(both), Is.EqualTo(Tokens(joined)));

        static int Tokens(Outcome outcome) => outcome.Json.GetProperty("timings").GetProperty("prompt_tokens").GetInt32();
    }

    [Test]
    public async Task Prompt_ThatBeginsWithAnAtSign_IsNoResponseFile()
    {
        Outcome outcome = await Command.RunAsync("run", "-m", TestModels.Sample, "-n", "1", "@nobody");
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
    }

    [Test]
    public async Task Statistics_Asked_GoToStandardError()
    {
        Outcome outcome = await Command.RunAsync("run", "-m", TestModels.Sample, "--stats", "-n", "3", "--ignore-eos", "Hello");
        Assert.That(outcome.Error, Does.Match(@"^prompt \d+ tokens in .* answer 3 tokens in .* finish length, seed -?\d+\n$"));
    }

    [Test]
    public async Task StopString_InTheAnswer_EndsIt()
    {
        string[] args = ["run", "-m", TestModels.Sample, "--temp", "0", "-o", "json", "What is 12 + 30?"];
        string whole = (await Command.RunAsync(args)).Json.GetProperty("text").GetString()!;
        JsonElement cut = (await Command.RunAsync([.. args, "--stop", whole[^2..], "--stop", "never here"])).Json;
        Assert.That(cut.GetProperty("finish").GetString(), Is.EqualTo("stop_string"));
        Assert.That(cut.GetProperty("text").GetString(), Is.EqualTo(whole[..whole.IndexOf(whole[^2..], StringComparison.Ordinal)]));
    }
}
