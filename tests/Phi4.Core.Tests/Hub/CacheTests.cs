// SPDX-License-Identifier: MIT
using Phi4.Core.Hub;
using Phi4.TestSupport.Hub;

namespace Phi4.Core.Tests.Hub;

/// <summary>What lies in the cache is listed with its sizes, and goes when it is told to: it alone.</summary>
public sealed class CacheTests : HubFixture
{
    private const string OtherCommit = "fedcba9876543210fedcba9876543210fedcba98";

    private long PulledBytes => Files.Where(file => file.Key != "README.md").Sum(file => file.Value.Length);

    [Test]
    public async Task List_AfterPulls_HasModelsRevisionsAndBytesOnce()
    {
        await PullAsync();
        await Phi4Hub.PullAsync($"{Model}@v1", Options);
        AddRevision(OtherCommit, ["config.json"], ownBytes: 500);
        File.WriteAllBytes(Path.Combine(Home, "blobs", new string('a', 64) + HubCache.PartSuffix), new byte[70]);
        Directory.CreateDirectory(Path.Combine(Cache, "datasets--a--b"));
        Directory.CreateDirectory(Path.Combine(Cache, "models--no-name"));
        CachedRepository model = Phi4Hub.List(Options).Single();
        Assert.That((model.Model, model.Folder, model.Bytes, model.UnfinishedBytes), Is.EqualTo((Model, Home, PulledBytes + 570, 70L)));
        Assert.That(model.Revisions.Select(revision => revision.Commit), Is.EqualTo((string[])[StubHub.Commit, OtherCommit]));
        Assert.That(model.Revisions[0].Names, Is.EqualTo((string[])["main", "v1"]));
        Assert.That((model.Revisions[0].FileCount, model.Revisions[0].Bytes), Is.EqualTo((3, PulledBytes)));
        Assert.That((model.Revisions[1].FileCount, model.Revisions[1].Bytes), Is.EqualTo((2, Files["config.json"].Length + 500L)));
    }

    [Test]
    public void List_WithoutACache_IsEmpty() => Assert.That(Phi4Hub.List(Options with { CacheFolder = Path.Combine(Cache, "none") }), Is.Empty);

    [Test]
    public async Task Remove_OfAModel_TakesAllOfItAndNothingElse()
    {
        await PullAsync();
        string neighbour = Path.Combine(Cache, "models--microsoft--phi-tiny-2", "blobs", "x");
        Directory.CreateDirectory(Path.GetDirectoryName(neighbour)!);
        File.WriteAllText(neighbour, "x");
        RemovedModel told = Phi4Hub.Remove(Model, Options, dryRun: true);
        Assert.That(Snapshot(Weights), Is.EqualTo(Files[Weights]), "a dry run leaves everything");
        RemovedModel removed = Phi4Hub.Remove(Model, Options);
        Assert.That((told.Bytes, removed.Bytes, removed.Commits.Single()), Is.EqualTo((PulledBytes, PulledBytes, StubHub.Commit)));
        Assert.That(Directory.Exists(Home), Is.False);
        Assert.That(File.Exists(neighbour));
        Assert.That(() => Phi4Hub.Remove(Model, Options), Throws.TypeOf<ModelNotCachedException>());
        Assert.That((await PullAsync()).BytesReceived, Is.EqualTo(PulledBytes), "and it can come again");
    }

    [Test]
    [Platform(Exclude = "Win")]
    public async Task Remove_OfARevision_KeepsWhatAnotherNeeds()
    {
        await PullAsync();
        AddRevision(OtherCommit, ["config.json", "tokenizer.json"], ownBytes: 500);
        RemovedModel removed = Phi4Hub.Remove($"{Model}@main", Options);
        Assert.That(removed.Bytes, Is.EqualTo(Files[Weights].Length));
        CachedRevision left = Phi4Hub.List(Options).Single().Revisions.Single();
        Assert.That((left.Commit, left.Bytes), Is.EqualTo((OtherCommit, 500L + Files["config.json"].Length + Files["tokenizer.json"].Length)));
        Assert.That(File.Exists(Path.Combine(Home, "refs", "main")), Is.False);
        Assert.That(() => Phi4Hub.Remove($"{Model}@main", Options), Throws.TypeOf<ModelNotCachedException>());
        Assert.That(Phi4Hub.Remove($"{Model}@{OtherCommit}", Options).Bytes, Is.EqualTo(left.Bytes));
    }

    [Test]
    [Platform(Exclude = "Win")]
    public async Task Remove_WhereLinksLeadOutOfTheCache_LeavesWhatTheyLeadTo()
    {
        await PullAsync();
        using var outside = new TemporaryFolder();
        string treasure = Path.Combine(outside.Path, new string('b', 64));
        File.WriteAllText(treasure, "mine");
        string snapshot = Path.Combine(Home, "snapshots", StubHub.Commit);
        File.CreateSymbolicLink(Path.Combine(snapshot, "file"), treasure);
        Directory.CreateSymbolicLink(Path.Combine(snapshot, "folder"), outside.Path);
        File.CreateSymbolicLink(Path.Combine(snapshot, "up"), "../../../../" + Path.GetFileName(outside.Path));
        Assert.That(Phi4Hub.Remove($"{Model}@main", Options).Bytes, Is.EqualTo(PulledBytes));
        Assert.That(File.ReadAllText(treasure), Is.EqualTo("mine"));

        await PullAsync();
        Directory.Delete(Path.Combine(Home, "refs"), recursive: true);
        Directory.CreateSymbolicLink(Path.Combine(Home, "refs"), outside.Path);
        Directory.CreateSymbolicLink(Path.Combine(Home, "blobs", "folder"), outside.Path);
        Phi4Hub.Remove(Model, Options);
        Assert.That(Directory.Exists(Home), Is.False);
        Assert.That(File.ReadAllText(treasure), Is.EqualTo("mine"));
    }

    [Test]
    [Platform(Exclude = "Win")]
    public void Remove_OfAModelWhoseFolderIsALink_IsRefused()
    {
        using var outside = new TemporaryFolder();
        File.WriteAllText(Path.Combine(outside.Path, "x"), "mine");
        Directory.CreateSymbolicLink(Home, outside.Path);
        Assert.That(() => Phi4Hub.Remove(Model, Options), Throws.TypeOf<HubException>().With.Property("Failure").EqualTo(HubFailure.InUse).And.Message.Contains(outside.Path));
        Assert.That(File.Exists(Path.Combine(outside.Path, "x")));
    }

    [Test]
    public async Task Remove_WhileSomebodyDownloads_IsRefused()
    {
        await PullAsync();
        string hash = StubHub.HashOf(Weights, Files[Weights]);
        using (await HubLock.TakeAsync(CacheOf().LockOf(hash), Time, _ => { }, CancellationToken.None))
        {
            Assert.That(() => Phi4Hub.Remove(Model, Options), Throws.TypeOf<HubException>().With.Property("Failure").EqualTo(HubFailure.InUse));
            Assert.That(Snapshot(Weights), Is.EqualTo(Files[Weights]));
        }

        Phi4Hub.Remove(Model, Options);
        Assert.That(Directory.Exists(Home), Is.False);
    }

    [TestCase("..")]
    [TestCase("../x")]
    [TestCase("a/..")]
    [TestCase("a/b@../../x")]
    public void Remove_OfANameThatLeadsElsewhere_IsRefused(string name) => Assert.That(() => Phi4Hub.Remove(name, Options), Throws.TypeOf<InvalidOptionsException>());

    /// <summary>A revision that shares files with the pulled one, and has one of its own.</summary>
    private void AddRevision(string commit, string[] shared, int ownBytes)
    {
        byte[] own = new byte[ownBytes];
        string hash = StubHub.HashOf("own.safetensors", own);
        File.WriteAllBytes(Path.Combine(Home, "blobs", hash), own);
        HubCache cache = CacheOf();
        cache.Publish(commit, new HubFile("own.safetensors", ownBytes, hash, ownBytes));
        foreach (string file in shared)
        {
            cache.Publish(commit, new HubFile(file, Files[file].Length, StubHub.HashOf(file, Files[file]), 0));
        }
    }
}
