// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.TestSupport;

namespace Phi4.Cli.Tests.Verbs;

public sealed class TokenizeVerbTests
{
    private static readonly JsonElement[] Rows = Read("phi4_cl100k.jsonl");
    private static readonly JsonElement[] Chats = Read("phi4_chat.jsonl");

    [TestCase("text", "ids_plain")]
    [TestCase("parse", "ids")]
    [TestCase("strip", "ids_hf")]
    public async Task Jsonl_GoldenRows_GiveTheReferenceIds(string special, string field)
    {
        Outcome outcome = await Command.PipeAsync(
            Join(Rows.Select(row => Member(row, row.TryGetProperty("utf16", out _) ? "utf16" : "text"))),
            "tokenize", "--tokenizer", TestModels.Tokenizer, "--jsonl", "--special", special);
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Compare(Rows, outcome, row => Ids(row.TryGetProperty(field, out JsonElement own) ? own : row.GetProperty("ids")), answer => Ids(answer.GetProperty("ids")));
    }

    [Test]
    public async Task Decode_GoldenRows_GiveTheTextBack()
    {
        Outcome outcome = await Command.PipeAsync(
            Join(Rows.Select(row => Member(row, "ids"))), "tokenize", "--tokenizer", TestModels.Tokenizer, "--jsonl", "--decode");
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Compare(Rows, outcome, row => row.GetProperty("text").GetString()!, answer => answer.GetProperty("text").GetString()!);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Chat_GoldenConversations_GiveTheReferenceTextAndIds(bool strips)
    {
        string[] strip = strips ? ["--strip"] : [];
        Outcome outcome = await Command.PipeAsync(
            Join(Chats.Select(row => $"{{{Raw(row, "messages")},{Raw(row, "add_generation_prompt")}}}")),
            ["tokenize", "--tokenizer", TestModels.Tokenizer, "--jsonl", "--chat", .. strip]);
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Compare(Chats, outcome, row => row.GetProperty("text").GetString()!, answer => answer.GetProperty("text").GetString()!);
        Compare(Chats, outcome, row => Ids(Expected(row)), answer => Ids(answer.GetProperty("ids")));

        JsonElement Expected(JsonElement row) =>
            strips && row.TryGetProperty("ids_segments_trimmed", out JsonElement trimmed) ? trimmed
            : row.TryGetProperty("ids_segments", out JsonElement segments) ? segments
            : row.GetProperty("ids");
    }

    [Test]
    public async Task Jsonl_BadLines_AreAnsweredInPlace()
    {
        Outcome outcome = await Command.PipeAsync(
            "{\"text\":1}\n{\"utf16\":[70000]}\nnonsense\n{\"text\":\"\\ud800\"}\n{\"text\":\"ok\"}\n",
            "tokenize", "--tokenizer", TestModels.Tokenizer, "--jsonl");
        Assert.That(outcome.ExitCode, Is.EqualTo(1));
        string?[] types =
            [.. outcome.JsonLines.Select(answer => answer.TryGetProperty("error", out JsonElement error) ? error.GetProperty("type").GetString() : null)];
        Assert.That(types, Is.EqualTo((string?[])["invalid_request", "invalid_request", "invalid_json", "invalid_request", null]));
    }

    [Test]
    public async Task Decode_UnknownId_IsAnError()
    {
        Outcome outcome = await Command.PipeAsync("{\"ids\":[2000000000]}\n", "tokenize", "--tokenizer", TestModels.Tokenizer, "--jsonl", "--decode");
        Assert.That(outcome.ExitCode, Is.EqualTo(1));
        Assert.That(outcome.Json.GetProperty("error").GetProperty("message").GetString(), Does.Contain("2000000000").Or.Contain("2,000,000,000"));
    }

    [Test]
    public async Task Text_ForPeople_IsTokensTablesAndCounts()
    {
        string[] args = ["tokenize", "--tokenizer", TestModels.Tokenizer];
        Assert.That((await Command.RunAsync([.. args, "The quick", "brown fox"])).Out, Is.EqualTo("791 4062 14198 39935\n"));
        Assert.That((await Command.PipeAsync("The quick brown fox", args)).Out, Is.EqualTo("791 4062 14198 39935\n"));
        Assert.That((await Command.RunAsync([.. args, "--count", "The quick brown fox"])).Out, Is.EqualTo("4\n"));
        Assert.That((await Command.RunAsync([.. args, "-o", "json", "The quick"])).Out, Is.EqualTo("{\"ids\":[791,4062]}\n"));
        Assert.That((await Command.RunAsync([.. args, "--decode", "791,4062"])).Out, Is.EqualTo("The quick\n"));
        Outcome table = await Command.RunAsync([.. args, "--pieces", "The quick"]);
        Assert.That(table.Lines, Has.Length.EqualTo(3));
        Assert.That(table.Lines[2], Does.Match("^4062 +20717569636b +\" quick\"$"));
    }

    [Test]
    public async Task Tokenizer_OfAModelFolder_IsFound()
    {
        Outcome outcome = await Command.RunAsync("tokenize", "--model", TestModels.Sample, "hello");
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Assert.That(outcome.Out, Does.Match(@"^\d+( \d+)*\n$"));
    }

    [Test]
    public async Task Model_OnTheCommandLine_GoesBeforeATokenizerInTheEnvironment()
    {
        var environment = new Dictionary<string, string> { ["PHI4_TOKENIZER"] = TestModels.Tokenizer };
        Assert.That((await Command.RunAsync(["tokenize", "hello"], null, environment)).ExitCode, Is.Zero);
        Outcome typed = await Command.RunAsync(["tokenize", "--model", "/nowhere", "hello"], null, environment);
        Assert.That(typed.ExitCode, Is.EqualTo(3));
    }

    [TestCase("/nowhere/tokenizer.json")]
    public async Task Tokenizer_Missing_IsNotFound(string path)
    {
        Assert.That((await Command.RunAsync("tokenize", "--tokenizer", path, "x")).ExitCode, Is.EqualTo(3));
        using var empty = new TemporaryFolder();
        Assert.That((await Command.RunAsync("tokenize", "--tokenizer", empty.Path, "x")).ExitCode, Is.EqualTo(3));
    }

    [Test]
    public async Task Tokenizer_Damaged_IsAnUnsupportedFormat()
    {
        using var folder = new TemporaryFolder();
        Outcome outcome = await Command.RunAsync("tokenize", "--tokenizer", folder.Write("tokenizer.json", "{\"model\":7}"), "x");
        Assert.That(outcome.ExitCode, Is.EqualTo(4), outcome.Error);
    }

    private static JsonElement[] Read(string file) =>
        [.. File.ReadLines(Goldens.Tokenizer(file)).Where(line => line.Length > 0).Select(line => JsonDocument.Parse(line).RootElement)];

    private static string Member(JsonElement row, string name) => $"{{{Raw(row, name)}}}";

    private static string Raw(JsonElement row, string name) => $"\"{name}\":{row.GetProperty(name).GetRawText()}";

    private static string Join(IEnumerable<string> lines) => string.Concat(lines.Select(line => line + "\n"));

    private static string Ids(JsonElement list) => string.Join(' ', list.EnumerateArray().Select(id => id.GetInt32()));

    private static void Compare(JsonElement[] rows, Outcome outcome, Func<JsonElement, string> expected, Func<JsonElement, string> found)
    {
        JsonElement[] answers = outcome.JsonLines;
        Assert.That(answers, Has.Length.EqualTo(rows.Length));
        int[] wrong = [.. Enumerable.Range(0, rows.Length).Where(i => expected(rows[i]) != found(answers[i]))];
        Assert.That(wrong, Is.Empty, () => $"row {wrong[0]}: expected {expected(rows[wrong[0]])}, found {found(answers[wrong[0]])}");
    }
}
