// SPDX-License-Identifier: MIT
using Phi4.TestSupport;
using Phi4.TestSupport.Hub;

namespace Phi4.Core.Tests.Hub;

public sealed class LoadByNameTests
{
    private const string Model = "phi4-engine/phi4-sample";

    [Test]
    public async Task LoadAsync_OfANameThatIsNotThere_SaysWhichCommandPullsIt_AndAsksNobody()
    {
        using var cache = new TemporaryFolder();
        using StubHub hub = StubHub.OfFolder(Model, Samples.Model);
        var options = new Phi4LoadOptions { Hub = Hub(cache, hub) };
        ModelNotCachedException error = (await Assert.ThrowsAsync<ModelNotCachedException>(() => Phi4Model.LoadAsync(Model, options)))!;
        Assert.That(error.Message, Does.Contain($"phi4 pull {Model}").And.Contain(cache.Path).And.Contain("AllowDownload"));
        Assert.That(hub.Requests, Is.Empty);
    }

    [Test]
    public async Task LoadAsync_AllowedToDownload_DoesItOnceAndAnswers()
    {
        using var cache = new TemporaryFolder();
        using StubHub hub = StubHub.OfFolder(Model, Samples.Model);
        var reports = new Reports();
        var options = new Phi4LoadOptions { Hub = Hub(cache, hub), AllowDownload = true, DownloadProgress = reports, ContextLength = 128 };
        await using (Phi4Model model = await Phi4Model.LoadAsync(Model, options))
        {
            GenerationResult answer = await model.CompleteAsync(Prompt.FromUser("What is 12 + 30?"), new GenerationOptions { Temperature = 0 });
            Assert.That(answer.Text, Is.EqualTo("12 + 30 = 42."));
        }

        Assert.That(reports.Last, Is.Not.Null);
        Assert.That(reports.Last!.BytesDone, Is.EqualTo(reports.Last.BytesTotal));
        hub.Requests.Clear();
        await using Phi4Model again = await Phi4Model.LoadAsync(Model, options with { DownloadProgress = null });
        Assert.That(hub.Requests, Is.Empty, "what is there is used as it is");
        Assert.That(Phi4Model.PlanMemory(Model, options).RequiredBytes, Is.GreaterThan(0));
    }

    [Test]
    public async Task LoadAsync_OfAPath_IsNoName() =>
        await Assert.ThrowsAsync<ModelFormatException>(() => Phi4Model.LoadAsync(Path.Combine(Path.GetTempPath(), "phi4-not-there", "model")));

    private static HubOptions Hub(TemporaryFolder cache, StubHub hub) => new() { Endpoint = hub.Address, CacheFolder = cache.Path, Token = "", Offline = false };

    private sealed class Reports : IProgress<PullProgress>
    {
        public PullProgress? Last { get; private set; }

        public void Report(PullProgress value) => Last = value;
    }
}
