// SPDX-License-Identifier: MIT
using Phi4.Core.Hub;
using Phi4.TestSupport.Hub;

namespace Phi4.Core.Tests.Hub;

public sealed class PullerTests : HubFixture
{
    [Test]
    public async Task Pull_OfAModel_BringsWhatIsNeededInTheLayoutOfTheHubCache()
    {
        PulledModel pulled = await PullAsync();
        Assert.That(pulled.Path, Is.EqualTo(Path.Combine(Home, "snapshots", StubHub.Commit)));
        Assert.That(pulled.Files.Select(file => file.Path), Is.EqualTo((string[])["config.json", "tokenizer.json", Weights]));
        Assert.That(pulled.BytesReceived, Is.EqualTo(pulled.Files.Sum(file => file.Bytes)));
        foreach (HubFile file in pulled.Files)
        {
            Assert.That(Snapshot(file.Path), Is.EqualTo(Files[file.Path]));
            Assert.That(File.ReadAllBytes(Path.Combine(Home, "blobs", StubHub.HashOf(file.Path, Files[file.Path]))), Is.EqualTo(Files[file.Path]));
        }

        Assert.That(File.ReadAllText(Path.Combine(Home, "refs", "main")), Is.EqualTo(StubHub.Commit));
        Assert.That(File.Exists(Path.Combine(pulled.Path, "README.md")), Is.False);
        Assert.That(Directory.GetFiles(Home, "*.incomplete", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    [Platform(Exclude = "Win")]
    public async Task Pull_OnASystemWithLinks_LinksRelatively()
    {
        PulledModel pulled = await PullAsync();
        string? target = new FileInfo(Path.Combine(pulled.Path, Weights)).LinkTarget;
        Assert.That(target, Is.EqualTo($"../../blobs/{StubHub.HashOf(Weights, Files[Weights])}"));
    }

    [Test]
    public async Task Pull_WhereLinksAreRefused_PutsTheFilesThemselvesIntoTheSnapshot_AndDownloadsThemOnce()
    {
        HubOptions options = HubEnvironment.Complete(Options, _ => null);
        var puller = new Puller(HubModelName.Parse(Model), options, CacheOf((_, _) => false));
        PulledModel pulled = await puller.PullAsync(null, CancellationToken.None);
        Assert.That(new FileInfo(Path.Combine(pulled.Path, Weights)).LinkTarget, Is.Null);
        Assert.That(Snapshot(Weights), Is.EqualTo(Files[Weights]));
        Assert.That((await puller.PullAsync(null, CancellationToken.None)).BytesReceived, Is.Zero);
    }

    [Test]
    public async Task Pull_Again_DownloadsNothing()
    {
        await PullAsync();
        Hub.StoreRequests.Clear();
        Assert.That((await PullAsync()).BytesReceived, Is.Zero);
        Assert.That(Hub.StoreRequests, Is.Empty);
    }

    [Test]
    public async Task Pull_RedirectedToAnotherHost_SendsTheTokenToTheHubAlone()
    {
        await PullAsync();
        Assert.That(Hub.Requests, Is.Not.Empty);
        Assert.That(Hub.Requests.Select(request => request.Authorization), Is.All.EqualTo("Bearer hf_secret"));
        Assert.That(Hub.StoreRequests, Is.Not.Empty);
        Assert.That(Hub.StoreRequests.Select(request => request.Authorization), Is.All.Null);
    }

    [Test]
    public async Task Pull_OfAShardedModel_TakesTheShardsThatTheIndexNames()
    {
        Files.Remove(Weights);
        Files["model.safetensors.index.json"] = """{"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}"""u8.ToArray();
        Files["one.safetensors"] = [1];
        Files["two.safetensors"] = [2, 2];
        Files["other.safetensors"] = [3, 3, 3];
        PulledModel pulled = await PullAsync();
        Assert.That(pulled.Files.Select(file => file.Path), Does.Contain("one.safetensors").And.Contain("two.safetensors").And.Not.Contain("other.safetensors"));
        Assert.That(Phi4Hub.Find(Model, Options), Is.EqualTo(pulled.Path));
        File.Delete(Path.Combine(pulled.Path, "two.safetensors"));
        Assert.That(
            Assert.Throws<ModelNotCachedException>(() => Phi4Hub.Find(Model, Options))!.Message, Does.Contain("lacks 1 of its 2 weight files, two.safetensors the first"));
    }

    [Test]
    public async Task Pull_OfAGgufRepository_LeadsToTheFile()
    {
        Files.Remove(Weights);
        Files["phi-q4.gguf"] = [1, 2, 3];
        PulledModel pulled = await PullAsync();
        Assert.That(Path.GetFileName(pulled.Path), Is.EqualTo("phi-q4.gguf"));
        Assert.That(Phi4Hub.Find(Model, Options), Is.EqualTo(pulled.Path));
    }

    [Test]
    public async Task Pull_OfARevision_LeavesMainAlone()
    {
        await Phi4Hub.PullAsync($"{Model}@refs/pr/7", Options);
        Assert.That(Hub.Requests.First().Path, Does.EndWith("/revision/refs%2Fpr%2F7"));
        Assert.That(File.ReadAllText(Path.Combine(Home, "refs", "refs", "pr", "7")), Is.EqualTo(StubHub.Commit));
        Assert.That(Phi4Hub.Find($"{Model}@refs/pr/7", Options), Does.EndWith(StubHub.Commit));
        Assert.That(Phi4Hub.Find($"{Model}@{StubHub.Commit}", Options), Does.EndWith(StubHub.Commit));
        Assert.Throws<ModelNotCachedException>(() => Phi4Hub.Find(Model, Options));
    }

    [Test]
    public async Task Pull_WithoutRoom_DownloadsNothing()
    {
        var puller = new Puller(HubModelName.Parse(Model), HubEnvironment.Complete(Options, _ => null), null, _ => 1000);
        InsufficientDiskSpaceException error = (await Assert.ThrowsAsync<InsufficientDiskSpaceException>(() => puller.PullAsync(null, CancellationToken.None)))!;
        Assert.That(error.RequiredBytes, Is.EqualTo(300_014));
        Assert.That(error.AvailableBytes, Is.EqualTo(1000));
        Assert.That(Hub.StoreRequests, Is.Empty);
        Assert.That(File.Exists(Path.Combine(Home, "refs", "main")), Is.False);
    }

    [Test]
    public async Task Pull_ToVerify_BringsADamagedFileAnew()
    {
        PulledModel pulled = await PullAsync();
        string blob = Path.Combine(Home, "blobs", StubHub.HashOf(Weights, Files[Weights]));
        byte[] damaged = [.. Files[Weights]];
        damaged[7] ^= 1;
        await File.WriteAllBytesAsync(blob, damaged);
        Assert.That((await PullAsync()).BytesReceived, Is.Zero, "sizes agree");
        Assert.That((await PullAsync(Options with { Verify = true })).BytesReceived, Is.EqualTo(damaged.Length));
        Assert.That(Snapshot(Weights), Is.EqualTo(Files[Weights]));
        Assert.That(pulled.Path, Is.Not.Empty);
    }

    [Test]
    public async Task Plan_OfAModel_SaysWhatIsMissingAndDownloadsNothing()
    {
        PullPlan plan = await Phi4Hub.PlanAsync(Model, Options);
        Assert.That(plan.Commit, Is.EqualTo(StubHub.Commit));
        Assert.That(plan.MissingBytes, Is.EqualTo(300_014).And.EqualTo(plan.TotalBytes));
        Assert.That(Hub.StoreRequests, Is.Empty);
        await PullAsync();
        Assert.That((await Phi4Hub.PlanAsync(Model, Options)).MissingBytes, Is.Zero);
    }

    [Test]
    public async Task Pull_Offline_AsksNothingAndFindsWhatIsThere()
    {
        HubOptions offline = Options with { Offline = true };
        Assert.That((await FailsAsync<HubException>(offline)).Failure, Is.EqualTo(HubFailure.Offline));
        PulledModel pulled = await PullAsync();
        Hub.Requests.Clear();
        PulledModel found = await PullAsync(offline);
        Assert.That(found.Path, Is.EqualTo(pulled.Path));
        Assert.That(found.Commit, Is.EqualTo(pulled.Commit));
        Assert.That(Hub.Requests, Is.Empty);
    }

    [Test]
    public async Task Pull_TwiceAtOnce_DownloadsEachFileOnce()
    {
        Hub.Change = (request, right) => request.Path == $"/{Weights}" ? right with { Pause = TimeSpan.FromMilliseconds(2) } : right;
        PulledModel[] both = await Task.WhenAll(PullAsync(), PullAsync());
        Assert.That(Directory.GetFiles(Home), Is.Empty);
        Assert.That(both.Sum(pulled => pulled.BytesReceived), Is.EqualTo(300_014));
        Assert.That(Snapshot(Weights), Is.EqualTo(Files[Weights]));
    }

    [Test]
    public void PointTo_FromManyThreadsAtOnce_LeadsThere()
    {
        Directory.CreateDirectory(CacheOf().SnapshotOf(StubHub.Commit));
        Parallel.For(0, 2000, _ => CacheOf().PointTo(StubHub.Commit));
        Assert.That(CacheOf().FindCommit(), Is.EqualTo(StubHub.Commit));
        Assert.That(Directory.GetFiles(Home), Is.Empty);
    }

    [Test]
    public async Task Pull_Cancelled_KeepsWhatHasComeForTheNext()
    {
        Hub.Change = (request, right) => request.Path == $"/{Weights}" ? right with { SilentAfter = 100_000 } : right;
        using var stop = new CancellationTokenSource();
        Task<PulledModel> pulling = Phi4Hub.PullAsync(Model, Options, cancellationToken: stop.Token);
        await WaitForAsync(() => HubCache.LengthOf(Part(Weights)) == 100_000);
        await stop.CancelAsync();
        await Assert.CatchAsync<OperationCanceledException>(() => pulling);
        Hub.Change = null;
        PulledModel pulled = await PullAsync();
        Assert.That(pulled.BytesReceived, Is.EqualTo(200_000));
        Assert.That(Snapshot(Weights), Is.EqualTo(Files[Weights]));
    }

    [Test]
    public async Task Pull_WithAHandlerOfOnesOwn_GoesThroughIt()
    {
        using var handler = new CountingHandler();
        await PullAsync(Options with { Handler = handler });
        Assert.That(handler.Count, Is.EqualTo(Hub.Requests.Count + Hub.StoreRequests.Count));
    }

    private static async Task WaitForAsync(Func<bool> holds)
    {
        for (int i = 0; i < 2000 && !holds(); i++)
        {
            await Task.Delay(10);
        }

        Assert.That(holds(), Is.True);
    }

    private sealed class CountingHandler() : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        private int _count;

        public int Count => _count;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _count);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
