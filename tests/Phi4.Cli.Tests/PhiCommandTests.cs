// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Tests;

public sealed class PhiCommandTests
{
    private static readonly string[] Verbs = ["run", "chat", "tokenize", "template", "score", "inspect", "doctor", "bench", "eval", "quantize", "pull"];

    [Test]
    public async Task Help_OfTheProgram_ListsEveryVerb()
    {
        Outcome help = await Command.RunAsync("--help");
        Assert.That(help.ExitCode, Is.Zero);
        foreach (string verb in Verbs)
        {
            Assert.That(help.Out, Does.Match($@"(?m)^\s+{verb}\b"));
        }
    }

    [TestCaseSource(nameof(Verbs))]
    public async Task Help_OfAVerb_DescribesEveryOption(string verb)
    {
        Outcome help = await Command.RunAsync(verb, "--help");
        Assert.That(help.ExitCode, Is.Zero);
        Assert.That(help.Error, Is.Empty);
        IEnumerable<string> options = help.Lines.Where(line => line.TrimStart().StartsWith('-'));
        string[] bare = [.. options.Where(line => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Length < 2)];
        Assert.That(bare, Is.Empty, "options without a description");
    }

    [Test]
    public async Task Help_OfRun_NamesRangesDefaultsAndVariables()
    {
        Outcome help = await Command.RunAsync("run", "--help");
        string text = string.Join(' ', help.Out.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.That(text, Does.Contain("Allowed: above 0, up to 1."));
        Assert.That(text, Does.Contain("Default: bf16."));
        Assert.That(text, Does.Contain("Environment: PHI4_CTX_SIZE."));
    }

    [Test]
    public async Task Version_Asked_PrintsOne()
    {
        Outcome version = await Command.RunAsync("--version");
        Assert.That(version.ExitCode, Is.Zero);
        Assert.That(version.Out, Does.Match(@"^\d+\.\d+\.\d+"));
    }

    [TestCase("fly")]
    [TestCase("run", "--no-such-option")]
    [TestCase("run", "--top-p", "1.5")]
    [TestCase("run", "--top-p", "0")]
    [TestCase("run", "--top-k", "-1")]
    [TestCase("run", "--min-p", "1.1")]
    [TestCase("run", "--temperature", "NaN")]
    [TestCase("run", "--temperature", "warm")]
    [TestCase("run", "--repeat-penalty", "0")]
    [TestCase("run", "--max-tokens", "0")]
    [TestCase("run", "--threads", "0")]
    [TestCase("run", "--logprobs", "21")]
    [TestCase("run", "--logit-bias", "5")]
    [TestCase("run", "--seed", "9223372036854775808")]
    [TestCase("run", "--kv", "f16")]
    [TestCase("run", "--activations", "f16")]
    [TestCase("run", "-o", "xml")]
    [TestCase("run", "--max-tokens")]
    [TestCase("run", "hello")]
    [TestCase("tokenize", "--special", "maybe")]
    [TestCase("tokenize", "text")]
    [TestCase("score", "--jsonl", "text")]
    [TestCase("inspect")]
    [TestCase("")]
    public async Task CommandLine_Impossible_IsAUsageErrorOnStandardErrorAlone(params string[] args)
    {
        Outcome outcome = await Command.RunAsync(args);
        Assert.That(outcome.ExitCode, Is.EqualTo(2), outcome.Error);
        Assert.That(outcome.Out, Is.Empty);
        Assert.That(outcome.Error, Does.StartWith("error: ").And.Not.Contain("   at "));
    }

    [Test]
    public async Task CommandLine_ValueOutOfRange_SaysWhatIsAllowed()
    {
        Outcome outcome = await Command.RunAsync("run", "--top-p", "1.5", "hello");
        Assert.That(outcome.Error, Does.StartWith("error: --top-p is \"1.5\"; allowed: above 0, up to 1.\nhint: "));
    }

    [Test]
    public async Task Device_Cuda_IsNoSuchDevice()
    {
        Outcome outcome = await Command.RunAsync("run", "-m", TestModels.Tiny, "--device", "cuda:0", "--ids", "1", "-o", "json");
        Assert.That(outcome.ExitCode, Is.EqualTo(6));
        Assert.That(outcome.Error, Does.StartWith("error: No device cuda:0: "));
    }

    [TestCase("missing", 3)]
    [TestCase("empty", 3)]
    [TestCase("config-only", 3)]
    [TestCase("gguf", 4)]
    [TestCase("broken-config", 4)]
    public async Task Model_NotUsable_HasItsExitCode(string kind, int expected)
    {
        using var folder = new TemporaryFolder();
        string path = kind == "missing" ? Path.Combine(folder.Path, "nowhere") : folder.Path;
        if (kind is not ("missing" or "empty"))
        {
            folder.Write("config.json", kind == "broken-config" ? "{" : File.ReadAllText(Path.Combine(TestModels.Tiny, "config.json")));
        }

        if (kind is "gguf" or "broken-config")
        {
            folder.Write(kind == "gguf" ? "model.gguf" : "model.safetensors", "");
        }

        Outcome outcome = await Command.RunAsync("run", "-m", path, "--ids", "1", "-o", "json");
        Assert.That(outcome.ExitCode, Is.EqualTo(expected), outcome.Error);
        Assert.That(outcome.Error, Does.StartWith("error: "));
        Assert.That(outcome.Out, Is.Empty);
    }

    [Test]
    public async Task Verbosity_Two_ShowsWhereAnErrorCameFrom()
    {
        Outcome outcome = await Command.RunAsync("inspect", "/nowhere", "-vv");
        Assert.That(outcome.Error, Does.Contain("   at Phi4.Cli."));
        Assert.That((await Command.RunAsync("inspect", "/nowhere", "-v")).Error, Does.Not.Contain("   at "));
    }

    [Test]
    public async Task Environment_StandsInForOptions_AndOptionsWin()
    {
        var environment = new Dictionary<string, string> { ["PHI4_MODEL"] = TestModels.Tiny, ["PHI4_OUTPUT"] = "json", ["PHI4_SEED"] = "7" };
        string[] args = ["run", "--ids", "1,2,3", "-n", "2", "--ignore-eos"];
        Outcome fromEnvironment = await Command.RunAsync(args, null, environment);
        Assert.That(fromEnvironment.Json.GetProperty("seed").GetInt64(), Is.EqualTo(7));
        Outcome fromOption = await Command.RunAsync([.. args, "--seed", "8"], null, environment);
        Assert.That(fromOption.Json.GetProperty("seed").GetInt64(), Is.EqualTo(8));
    }

    [Test]
    public async Task Environment_BadValue_IsAUsageErrorThatNamesTheVariable()
    {
        Outcome outcome = await Command.RunAsync(
            ["run", "-m", TestModels.Tiny, "--ids", "1", "-o", "json"], null, new Dictionary<string, string> { ["PHI4_THREADS"] = "many" });
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Error, Does.StartWith("error: PHI4_THREADS is \"many\"; allowed: 1 to 1024."));
    }
}
