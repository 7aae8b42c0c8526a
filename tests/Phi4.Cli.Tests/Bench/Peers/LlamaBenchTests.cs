// SPDX-License-Identifier: MIT
using System.Runtime.Versioning;
using System.Text.Json;
using Phi4.Cli.Bench;
using Phi4.Cli.Bench.Peers;

namespace Phi4.Cli.Tests.Bench.Peers;

/// <summary>Against small shell scripts that play llama-bench.</summary>
[Platform("Linux,MacOsX")]
[UnsupportedOSPlatform("windows")]
public sealed class LlamaBenchTests
{
    private const string OldHelp = "-p, --n-prompt <n>  -gp <pp,tg>";
    private const string NewHelp = "-p, --n-prompt <n>  -d, --n-depth <n>";

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public async Task Bench_AgainstALlamaBench_TakesTurnsAndTellsRatios()
    {
        string script = Script($"""echo "$@" >> "{Path.Combine(_folder.Path, "calls")}"; echo '[{"{"}"avg_ts": 50.0{"}"}]' """, OldHelp);
        Outcome outcome = await Command.RunAsync(
            "bench", "-m", TestModels.Tiny, "-p", "16", "-n", "8", "-d", "0,24", "-t", "1", "-r", "3", "-o", "json",
            "--against", $"llama-bench={script},{Model()},name=one", "--against", $"llama-bench={script},{Model()},flags=-rtr 1");
        Assert.That(outcome.ExitCode, Is.AnyOf(0, 7), outcome.Error);
        JsonElement[] rows = [.. outcome.Json.GetProperty("results").EnumerateArray()];
        foreach (JsonElement row in rows)
        {
            JsonElement[] peers = [.. row.GetProperty("peers").EnumerateArray()];
            Assert.That(peers.Select(peer => peer.GetProperty("name").GetString()), Is.EqualTo(new[] { "one", "llama-bench" }).AsCollection);
            bool has = row.GetProperty("test").GetString() != "pp16@d24"; // this one fills the cache only before an answer
            double[] ours = [.. row.GetProperty("samples").EnumerateArray().Select(sample => sample.GetDouble())];
            double[] ratios = [.. peers[0].GetProperty("ratios").EnumerateArray().Select(ratio => ratio.GetDouble())];
            Assert.That(ratios, has ? Is.EqualTo(ours.Select(sample => sample / 50)).AsCollection : Is.Empty);
            Assert.That(peers[0].GetProperty("median_ratio").ValueKind, Is.EqualTo(has ? JsonValueKind.Number : JsonValueKind.Null));
        }

        string[] calls = await File.ReadAllLinesAsync(Path.Combine(_folder.Path, "calls"));
        Assert.That(calls, Has.Length.EqualTo(3 * 3 * 2));
        Assert.That(calls[0], Is.EqualTo($"-m {Model()} -t 1 -r 1 -o json -p 16 -n 0"));
        Assert.That(calls[1], Is.EqualTo($"-m {Model()} -t 1 -r 1 -o json -p 16 -n 0 -rtr 1"));
        Assert.That(calls[^1], Is.EqualTo($"-m {Model()} -t 1 -r 1 -o json -p 0 -n 0 -gp 24,8 -rtr 1"));
    }

    [Test]
    public async Task Bench_AgainstAnotherPhi4_SpeaksItsLanguageAndTakesADisturbedRow()
    {
        string script = Script($"""echo "$@" >> "{Path.Combine(_folder.Path, "calls")}"; echo 'test,avg_ts'; echo '"tg8",50.0'; exit 7""", NewHelp, "$2");
        Outcome outcome = await Command.RunAsync(
            "bench", "-m", TestModels.Tiny, "-p", "0", "-n", "8", "-d", "24", "-t", "1", "-r", "1", "-o", "json",
            "--against", $"phi4={script},{TestModels.Tiny},name=native,flags=--weights int8");
        Assert.That(outcome.ExitCode, Is.AnyOf(0, 7), outcome.Error);
        JsonElement peer = outcome.Json.GetProperty("results")[0].GetProperty("peers")[0];
        Assert.That(peer.GetProperty("name").GetString(), Is.EqualTo("native"));
        Assert.That(peer.GetProperty("samples")[0].GetDouble(), Is.EqualTo(50));
        Assert.That(
            await File.ReadAllLinesAsync(Path.Combine(_folder.Path, "calls")),
            Is.EqualTo(new[] { $"bench -m {TestModels.Tiny} -t 1 -r 1 -o csv -p 0 -n 8 -d 24 --weights int8" }).AsCollection);
    }

    [Test]
    public async Task Markdown_HasTheOtherEngineAndTheRatioBesideOurs()
    {
        string script = Script("""echo '| test | t/s |'; echo '| --- | --- |'; echo '| tg8 | 50.00 ± 0.00 |' """, OldHelp);
        Outcome outcome = await Command.RunAsync(
            "bench", "-m", TestModels.Tiny, "-p", "0", "-n", "8", "-t", "1", "-r", "2", "--against", $"llama-bench={script},{Model()},name=theirs");
        Assert.That(outcome.Lines[0], Does.EndWith("| theirs | ours / theirs |"));
        Assert.That(outcome.Lines[2], Does.Match(@"\| 50\.00 ± 0\.00 \| \d+\.\d\d \(\d+\.\d\d to \d+\.\d\d\) \|$"));
    }

    [Test]
    public async Task Arguments_WithDepth_FollowWhatTheProgramKnows()
    {
        LlamaBench young = await LlamaBench.FindAsync(Spec(Script("true", NewHelp)), CancellationToken.None);
        LlamaBench old = await LlamaBench.FindAsync(Spec(Script("true", "-p -n")), CancellationToken.None);
        var prompt = new BenchTest(BenchKind.Prompt, 512, 0, 4096);
        var answer = new BenchTest(BenchKind.Generate, 0, 128, 4096);
        Assert.That(string.Join(' ', young.Arguments(prompt, 2)!), Does.EndWith("-t 2 -r 1 -o json -p 512 -n 0 -d 4096"));
        Assert.That(string.Join(' ', young.Arguments(answer, 2)!), Does.EndWith("-p 0 -n 128 -d 4096"));
        Assert.That(old.Arguments(prompt, 2), Is.Null);
        Assert.That(old.Arguments(answer, 2), Is.Null);
        Assert.That(young.Arguments(new BenchTest(BenchKind.Serve, 8, 8, 0, 4), 2), Is.Null);
    }

    [TestCase("no/such/program", "model", "peer_missing", "no/such/program")]
    [TestCase("script", "no/such.gguf", "peer_model_missing", "no/such.gguf")]
    public async Task Bench_ProgramOrModelMissing_IsToldBeforeAnythingRuns(string program, string model, string type, string named)
    {
        string path = program == "script" ? Script("true", OldHelp) : program;
        PeerException? e = await Assert.ThrowsAsync<PeerException>(
            () => LlamaBench.FindAsync(PeerSpec.Parse($"llama-bench={path},{(model == "model" ? Model() : model)}"), CancellationToken.None));
        Assert.That(e!.Message, Does.Contain(named));
        Assert.That(Cli.Errors.ErrorReport.Of(e), Has.Property("Type").EqualTo(type).And.Property("ExitCode").EqualTo(1));
    }

    [Test]
    public async Task Bench_ProgramThatIsNone_IsTold()
    {
        string path = Path.Combine(_folder.Path, "plain.txt");
        await File.WriteAllTextAsync(path, "not a program");
        PeerException? e = await Assert.ThrowsAsync<PeerException>(() => LlamaBench.FindAsync(Spec(path), CancellationToken.None));
        Assert.That(e!.Fault, Is.EqualTo(PeerFault.ProgramMissing));
    }

    [Test]
    public async Task Bench_PeerCrashes_EndsWithWhatItSaid()
    {
        Outcome outcome = await Bench(Script("echo 'error: failed to load model' >&2; exit 3", OldHelp));
        Assert.That(outcome.ExitCode, Is.EqualTo(1));
        Assert.That(outcome.Error, Does.Contain("ended with 3 at tg8").And.Contain("failed to load model"));
    }

    [Test]
    public async Task Bench_PeerCrashesLater_KeepsWhatWasMeasured()
    {
        string script = Script("""case "$*" in *"-p 16"*) echo '[{"avg_ts": 50.0}]';; *) exit 3;; esac""", OldHelp);
        Outcome outcome = await Command.RunAsync(
            "bench", "-m", TestModels.Tiny, "-p", "16", "-n", "8", "-t", "1", "-r", "1", "-o", "json", "--against", $"llama-bench={script},{Model()}");
        Assert.That(outcome.ExitCode, Is.EqualTo(1));
        Assert.That(outcome.Json.GetProperty("complete").GetBoolean(), Is.False);
        Assert.That(outcome.Json.GetProperty("results").EnumerateArray().Single().GetProperty("test").GetString(), Is.EqualTo("pp16"));
    }

    [Test]
    public async Task Bench_PeerPrintsNonsense_EndsWithWhatItPrinted()
    {
        Outcome outcome = await Bench(Script("echo 'hello there'", OldHelp));
        Assert.That(outcome.ExitCode, Is.EqualTo(1));
        Assert.That(outcome.Error, Does.Contain("no result of tg8").And.Contain("hello there"));
    }

    [Test]
    public async Task Run_Cancelled_EndsTheProgram()
    {
        string pid = Path.Combine(_folder.Path, "pid");
        LlamaBench peer = await LlamaBench.FindAsync(Spec(Script($"echo $$ > '{pid}'; exec sleep 60", OldHelp)), CancellationToken.None);
        using var cancellation = new CancellationTokenSource();
        Task run = peer.RunAsync(new BenchTest(BenchKind.Generate, 0, 8, 0), 1, cancellation.Token);
        while (!File.Exists(pid) || new FileInfo(pid).Length == 0)
        {
            await Task.Delay(10);
        }

        await cancellation.CancelAsync();
        Assert.That(async () => await run, Throws.InstanceOf<OperationCanceledException>());
        int id = int.Parse(await File.ReadAllTextAsync(pid), System.Globalization.CultureInfo.InvariantCulture);
        Assert.That(() => PeakMemory.OfProcess(id), Is.Null.After(5000, 20));
    }

    [Test]
    public async Task Against_WithConcurrencyOrBadShape_IsRefused()
    {
        Outcome together = await Command.RunAsync("bench", "-m", TestModels.Tiny, "--concurrency", "2", "--against", "llama-bench=a,b");
        Assert.That((together.ExitCode, together.Error.Contains("--concurrency", StringComparison.Ordinal)), Is.EqualTo((2, true)));
        Assert.That((await Command.RunAsync("bench", "-m", TestModels.Tiny, "--against", "llama-bench")).ExitCode, Is.EqualTo(2));
    }

    private static Task<Outcome> BenchWith(string script, string model) =>
        Command.RunAsync("bench", "-m", TestModels.Tiny, "-p", "0", "-n", "8", "-t", "1", "-r", "1", "--against", $"llama-bench={script},{model}");

    private Task<Outcome> Bench(string script) => BenchWith(script, Model());

    private PeerSpec Spec(string program) => PeerSpec.Parse($"llama-bench={program},{Model()}");

    private string Model()
    {
        string path = Path.Combine(_folder.Path, "model.gguf");
        File.WriteAllText(path, "GGUF");
        return path;
    }

    private string Script(string body, string help, string helpArgument = "$1")
    {
        string path = Path.Combine(_folder.Path, Guid.NewGuid().ToString("N"));
        File.WriteAllText(path, $"#!/bin/sh\nif [ \"{helpArgument}\" = --help ]; then echo '{help}'; exit 0; fi\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
