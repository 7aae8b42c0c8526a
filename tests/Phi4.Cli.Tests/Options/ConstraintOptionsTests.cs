// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.TestSupport;

namespace Phi4.Cli.Tests.Options;

public sealed class ConstraintOptionsTests
{
    private static readonly string[] Run = ["run", "--model", Samples.Model, "What is 12 + 30?", "-o", "json", "-n", "60"];

    [Test]
    public async Task Choices_Asked_AreTheOnlyAnswers()
    {
        Outcome outcome = await Command.RunAsync([.. Run, "--choices", "yes", "no"]);
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Assert.That(outcome.Json.GetProperty("text").GetString(), Is.EqualTo("yes").Or.EqualTo("no"));
        Assert.That(outcome.Json.GetProperty("finish").GetString(), Is.EqualTo("stop"));
    }

    [Test]
    public async Task JsonSchema_FromAFile_GivesItsJsonAndCountsForcedTokens()
    {
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "schema.json");
        await File.WriteAllTextAsync(file, """{"type":"object","properties":{"answer":{"type":"integer","minimum":0,"maximum":99}},"required":["answer"]}""");
        Outcome outcome = await Command.RunAsync([.. Run, "--json-schema", file, "--json-space", "compact"]);
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        using JsonDocument answer = JsonDocument.Parse(outcome.Json.GetProperty("text").GetString()!);
        Assert.That(answer.RootElement.GetProperty("answer").GetInt32(), Is.InRange(0, 99));
        Assert.That(outcome.Json.GetProperty("timings").GetProperty("forced_tokens").GetInt32(), Is.Positive);
    }

    [Test]
    public async Task Regex_Unsupported_IsAUsageErrorThatNamesThePlace()
    {
        Outcome outcome = await Command.RunAsync([.. Run, "--regex", "(?=a)"]);
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Error, Does.Contain("pattern, position 1"));
    }

    [TestCase("--json", "--regex", "a")]
    [TestCase("--json-space", "any")]
    [TestCase("--regex", "a", "--json-space", "any")]
    public async Task Options_ThatDoNotGoTogether_AreAUsageError(params string[] options)
    {
        Outcome outcome = await Command.RunAsync([.. Run, .. options]);
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
    }
}
