// SPDX-License-Identifier: MIT
using Phi4.TestSupport.Hub;

namespace Phi4.Cli.Tests.Verbs;

public sealed class PullVerbTests : HubVerbFixture
{
    [Test]
    public async Task Pull_OfAModel_PrintsItsFolderAlone_AndItsNameLoadsIt()
    {
        Outcome pulled = await RunAsync("pull", Model);
        Assert.That(pulled.ExitCode, Is.Zero, pulled.Error);
        Assert.That(pulled.Lines.Single(), Is.EqualTo(Path.Combine(CachePath, "hub", "models--phi4-engine--phi4-sample", "snapshots", StubHub.Commit)));
        Assert.That(pulled.Error, Does.Contain("5 files, 5.4 MB, of which 5.4 MB came just now").And.Not.Contain("secret"));
        Outcome answer = await RunAsync("run", "-m", Model, "--temp", "0", "What is 12 + 30?");
        Assert.That(answer.Out, Is.EqualTo("12 + 30 = 42.\n"), answer.Error);
        Assert.That((await RunAsync("inspect", Model)).ExitCode, Is.Zero);
        Assert.That((await RunAsync("tokenize", "--tokenizer", Model, "--count", "Hello")).ExitCode, Is.Zero);
        Outcome again = await RunAsync("pull", Model);
        Assert.That(again.Error, Does.Contain("of which 0 bytes came"));
    }

    [Test]
    public async Task Pull_AsJson_NamesFilesSizesAndHashes()
    {
        Outcome pulled = await RunAsync("pull", $"{Model}@main", "-o", "json");
        Assert.That(pulled.ExitCode, Is.Zero, pulled.Error);
        Assert.That(pulled.Json.GetProperty("commit").GetString(), Is.EqualTo(StubHub.Commit));
        System.Text.Json.JsonElement weights = pulled.Json.GetProperty("files").EnumerateArray().Single(file => file.GetProperty("path").GetString() == "model.safetensors");
        byte[] content = File.ReadAllBytes(Path.Combine(TestModels.Sample, "model.safetensors"));
        Assert.That(weights.GetProperty("bytes").GetInt64(), Is.EqualTo(content.Length));
        Assert.That(weights.GetProperty("sha256").GetString(), Is.EqualTo(StubHub.HashOf("model.safetensors", content)));
    }

    [Test]
    public async Task Pull_ToTellOnly_DownloadsNothing()
    {
        Outcome plan = await RunAsync("pull", Model, "--dry-run", "--exclude", "*.safetensors");
        Assert.That(plan.ExitCode, Is.Zero, plan.Error);
        Assert.That(plan.Out, Does.Contain("config.json").And.Contain("would be downloaded to").And.Not.Contain("model.safetensors"));
        Assert.That(Hub.StoreRequests, Is.Empty);
    }

    [Test]
    public async Task Model_ThatWasNotPulled_SaysHow()
    {
        Outcome outcome = await RunAsync("run", "-m", "microsoft/phi-4", "Hi");
        Assert.That(outcome.ExitCode, Is.EqualTo(3));
        Assert.That(outcome.Error, Does.Contain("error: microsoft/phi-4 is neither").And.Contain("hint: `phi4 pull microsoft/phi-4` downloads it."));
        Assert.That(Hub.Requests, Is.Empty);
    }

    [Test]
    public async Task Refusal_OfTheHub_IsAnErrorWithAHint()
    {
        Hub.Change = (_, _) => StubResponse.Error(403, ("X-Error-Code", "GatedRepo"));
        Outcome outcome = await RunAsync("pull", Model);
        Assert.That(outcome.ExitCode, Is.EqualTo(3));
        Assert.That(outcome.Error, Does.Contain($"terms to be accepted at {Hub.Address}{Model}").And.Contain("hint: accept the terms").And.Not.Contain("secret"));
        Assert.That(outcome.Out, Is.Empty);
    }

    [TestCase("phi-4")]
    [TestCase("a/b/c")]
    [TestCase("a/b@x@y")]
    public async Task Name_ThatIsNone_IsAUsageError(string name) => Assert.That((await RunAsync("pull", name)).ExitCode, Is.EqualTo(2));

    [Test]
    [Platform(Exclude = "Win")]
    public async Task Process_KilledInTheMiddle_GoesOnWhereItStopped()
    {
        const int ManyBytes = 1_000_000;
        Hub.Change = (request, right) => request.Path == "/model.safetensors" ? right with { Pause = TimeSpan.FromMilliseconds(4) } : right;
        using (var first = new ChildProcess(["pull", Model], Environment))
        {
            await WaitForAsync(() => Parts().Sum(part => part.Length) > ManyBytes);
            first.Signal("KILL");
            Assert.That(await first.ExitCodeAsync(), Is.EqualTo(128 + 9));
        }

        long left = Parts().Single().Length;
        Hub.Change = null;
        using var second = new ChildProcess(["pull", Model], Environment);
        string folder = (await second.Output.ReadToEndAsync()).TrimEnd('\n');
        Assert.That(await second.ExitCodeAsync(), Is.Zero, await second.Error.ReadToEndAsync());
        Assert.That(Hub.StoreRequests.Select(request => (long)request.From), Is.EqualTo((long[])[0, left]));
        Assert.That(Content(folder), Is.EqualTo(Content(TestModels.Sample)));
        Assert.That(Parts(), Is.Empty);
    }

    [Test]
    public async Task Processes_TwoAtOnce_DownloadOnceAndBothSucceed()
    {
        Hub.Change = (request, right) => request.Path == "/model.safetensors" ? right with { Pause = TimeSpan.FromMilliseconds(1) } : right;
        using var one = new ChildProcess(["pull", Model], Environment);
        using var two = new ChildProcess(["pull", Model], Environment);
        string[] folders = await Task.WhenAll(one.Output.ReadToEndAsync(), two.Output.ReadToEndAsync());
        Assert.That(await one.ExitCodeAsync(), Is.Zero, await one.Error.ReadToEndAsync());
        Assert.That(await two.ExitCodeAsync(), Is.Zero, await two.Error.ReadToEndAsync());
        Assert.That(folders[0], Is.EqualTo(folders[1]));
        Assert.That(Hub.StoreRequests, Has.Count.EqualTo(1));
        Assert.That(Content(folders[0].TrimEnd('\n')), Is.EqualTo(Content(TestModels.Sample)));
    }

    private static byte[] Content(string folder) => File.ReadAllBytes(Path.Combine(folder, "model.safetensors"));

    private FileInfo[] Parts() => [.. new DirectoryInfo(CachePath).EnumerateFiles("*.incomplete", SearchOption.AllDirectories)];

    private static async Task WaitForAsync(Func<bool> holds)
    {
        for (int i = 0; i < 4000 && !holds(); i++)
        {
            await Task.Delay(10);
        }

        Assert.That(holds(), Is.True);
    }
}
