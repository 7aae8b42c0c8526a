// SPDX-License-Identifier: MIT
using Phi4.TestSupport.Hub;

namespace Phi4.Cli.Tests.Verbs;

public sealed class CacheVerbTests : HubVerbFixture
{
    [Test]
    public async Task Cache_ListedAndEmptied_TellsModelsAndBytes()
    {
        Assert.That((await RunAsync("cache", "ls")).Out, Is.Empty);
        Assert.That((await RunAsync("pull", Model)).ExitCode, Is.Zero);
        Outcome list = await RunAsync("cache", "ls");
        Assert.That(list.Lines, Has.Length.EqualTo(2), list.Error);
        Assert.That(list.Lines[1], Does.Contain(Model).And.Contain("main (01234567)"));
        Assert.That(list.Error, Does.Contain("1 models, 5.4 MB"));
        Outcome json = await RunAsync("cache", "ls", "-o", "json");
        long bytes = json.Json.GetProperty("bytes").GetInt64();
        Assert.That(json.Json.GetProperty("revisions")[0].GetProperty("bytes").GetInt64(), Is.EqualTo(bytes).And.GreaterThan(5_000_000));
        Outcome told = await RunAsync("cache", "rm", Model, "--dry-run");
        Assert.That(told.Out, Is.EqualTo($"{Model}: 1 revisions, 5.4 MB would be removed\n"));
        Outcome removed = await RunAsync("cache", "rm", $"{Model}@main", "-o", "json");
        Assert.That(removed.Json.GetProperty("bytes").GetInt64(), Is.EqualTo(bytes), removed.Error);
        Assert.That((await RunAsync("run", "-m", Model, "Hi")).ExitCode, Is.EqualTo(3));
        Assert.That((await RunAsync("cache", "rm", Model)).Out, Does.Contain("0 revisions, 0 bytes removed"));
        Outcome none = await RunAsync("cache", "rm", Model);
        Assert.That(none.ExitCode, Is.EqualTo(3));
        Assert.That(none.Error, Does.Contain($"does not hold it: {Model}.").And.Contain("hint: `phi4 cache ls`"));
    }

    [TestCase("phi-4")]
    [TestCase("../x")]
    public async Task Name_ThatIsNone_IsAUsageError(string name) => Assert.That((await RunAsync("cache", "rm", name)).ExitCode, Is.EqualTo(2));

    [Test]
    public async Task Pull_IntoAFolder_IsLoadedByItsPath()
    {
        string folder = Path.Combine(CachePath, "mine");
        Outcome pulled = await RunAsync("pull", Model, "--local-dir", folder);
        Assert.That(pulled.Lines.Single(), Is.EqualTo(folder), pulled.Error);
        Assert.That((await RunAsync("run", "-m", folder, "--temp", "0", "What is 12 + 30?")).Out, Is.EqualTo("12 + 30 = 42.\n"));
        Assert.That((await RunAsync("cache", "ls")).Out, Is.Empty);
    }
}
