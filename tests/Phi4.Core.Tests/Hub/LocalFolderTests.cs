// SPDX-License-Identifier: MIT
using Phi4.TestSupport.Hub;

namespace Phi4.Core.Tests.Hub;

/// <summary>A model in a folder of one's own instead of the cache.</summary>
public sealed class LocalFolderTests : HubFixture
{
    private string Folder => Path.Combine(Cache, "mine");

    private HubOptions Local => Options with { LocalFolder = Folder };

    private string[] Names => [.. Directory.GetFiles(Folder).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Test]
    public async Task Pull_IntoAFolder_PutsTheFilesThereByTheirNames()
    {
        PulledModel pulled = await PullAsync(Local);
        Assert.That(pulled.Path, Is.EqualTo(Folder));
        Assert.That(Names, Is.EqualTo((string[])["config.json", Weights, "tokenizer.json"]));
        Assert.That(new FileInfo(Path.Combine(Folder, Weights)).LinkTarget, Is.Null);
        Assert.That(File.ReadAllBytes(Path.Combine(Folder, Weights)), Is.EqualTo(Files[Weights]));
        Assert.That(Directory.Exists(Home), Is.False, "the cache has nothing of it");
        Assert.That((await PullAsync(Local)).BytesReceived, Is.Zero);
    }

    [Test]
    public async Task Pull_WhereAFileOfTheSameSizeIsAnother_ReplacesItAndLeavesTheRest()
    {
        await PullAsync(Local);
        File.WriteAllText(Path.Combine(Folder, "tokenizer.json"), "{\"model\":[]}");
        File.WriteAllText(Path.Combine(Folder, "notes.txt"), "mine");
        PulledModel pulled = await PullAsync(Local);
        Assert.That(pulled.BytesReceived, Is.EqualTo(Files["tokenizer.json"].Length));
        Assert.That(File.ReadAllBytes(Path.Combine(Folder, "tokenizer.json")), Is.EqualTo(Files["tokenizer.json"]));
        Assert.That(File.ReadAllText(Path.Combine(Folder, "notes.txt")), Is.EqualTo("mine"));
    }

    [Test]
    public async Task Pull_ThatBrokeOff_GoesOnInTheFolder()
    {
        string part = Path.Combine(Folder, ".cache", "huggingface", "download", StubHub.HashOf(Weights, Files[Weights]) + ".incomplete");
        Directory.CreateDirectory(Path.GetDirectoryName(part)!);
        File.WriteAllBytes(part, Files[Weights][..200_000]);
        PulledModel pulled = await PullAsync(Local);
        Assert.That(pulled.BytesReceived, Is.EqualTo(pulled.Files.Sum(file => file.Bytes) - 200_000));
        Assert.That(File.ReadAllBytes(Path.Combine(Folder, Weights)), Is.EqualTo(Files[Weights]));
    }

    [Test]
    public void Options_ThatCannotBeHonoured_AreRefused()
    {
        Assert.That(() => Phi4Hub.Find(Model, Local), Throws.TypeOf<InvalidOptionsException>());
        File.WriteAllText(Folder, "");
        Assert.That(() => Phi4Hub.PullAsync(Model, Local), Throws.TypeOf<InvalidOptionsException>().With.Property("Option").EqualTo("LocalFolder"));
    }
}
