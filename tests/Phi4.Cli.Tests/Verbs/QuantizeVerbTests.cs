// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace Phi4.Cli.Tests.Verbs;

public sealed class QuantizeVerbTests
{
    [Test]
    public async Task SampleModel_ToFourBits_ReportsEveryTensorAndRuns()
    {
        using var folder = new TemporaryFolder();
        string made = Path.Combine(folder.Path, "made");
        Outcome outcome = await Command.RunAsync("quantize", TestModels.Sample, made, "--report");
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Assert.That(outcome.Out, Does.Contain("lm_head.weight").And.Contain("Int4").And.Contain("4.500").And.Contain("5.265 bits a weight"));
        Outcome answer = await Command.RunAsync("run", "-m", made, "What is 12 + 30?");
        Assert.That(answer.Out, Does.Contain("42"));
    }

    [Test]
    public async Task Report_AsJson_HasTheSameNumbers()
    {
        using var folder = new TemporaryFolder();
        Outcome outcome = await Command.RunAsync(
            "quantize", TestModels.Tiny, Path.Combine(folder.Path, "made"), "--weights", "int8", "--scales", "nearest", "--report", "-o", "json");
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Assert.That(outcome.Error, Does.Contain("no tokenizer"));
        JsonElement json = outcome.Json;
        JsonElement[] tensors = [.. json.GetProperty("tensors").EnumerateArray()];
        Assert.That(tensors.Sum(tensor => tensor.GetProperty("bytes").GetInt64()), Is.EqualTo(json.GetProperty("bytes").GetInt64()));
        Assert.That(tensors.Where(tensor => tensor.GetProperty("to").GetString() == "Int8").Select(tensor => tensor.GetProperty("bits_per_weight").GetDouble()), Has.All.EqualTo(8.5));
        Assert.That(json.GetProperty("relative_error").GetDouble(), Is.InRange(0.003, 0.007));
    }

    [Test]
    public async Task Output_ThatIsThere_IsAUsageError()
    {
        using var folder = new TemporaryFolder();
        Outcome outcome = await Command.RunAsync("quantize", TestModels.Tiny, folder.Path);
        Assert.That((outcome.ExitCode, outcome.Error), Is.EqualTo((2, $"error: output is \"{folder.Path}\"; allowed: a path where there is nothing yet.\n")));
    }

    [TestCase("/nowhere")]
    [TestCase("/nowhere.gguf")]
    public async Task Input_ThatIsNotThere_IsNotFound(string path) =>
        Assert.That((await Command.RunAsync("quantize", path, "/nowhere-else")).ExitCode, Is.EqualTo(3));

    [Test]
    public async Task Input_ThatIsDamaged_IsAFormatError()
    {
        using var folder = new TemporaryFolder();
        Outcome outcome = await Command.RunAsync("quantize", folder.Write("bad.gguf", "not a GGUF file, but long enough to be looked at"), Path.Combine(folder.Path, "made"));
        Assert.That(outcome.ExitCode, Is.EqualTo(4), outcome.Error);
    }
}
