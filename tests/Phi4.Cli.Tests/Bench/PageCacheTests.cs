// SPDX-License-Identifier: MIT
using Phi4.Cli.Bench;

namespace Phi4.Cli.Tests.Bench;

public sealed class PageCacheTests
{
    [TestCase(1000, true)]
    [TestCase(100, false)]
    public async Task TryWarm_FilesOf90Bytes_AreReadIfTheyFit(int freeBytes, bool expected)
    {
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, new byte[90]);
            Assert.That(await PageCache.TryWarmAsync([file], freeBytes, CancellationToken.None), Is.EqualTo(expected));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    [Platform(Exclude = "Win")]
    public async Task TryWarm_LinksAsInAHubCache_CountsWhatTheyLeadTo()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("blob", new string('x', 5000));
        string link = Path.Combine(folder.Path, "model.safetensors");
        File.CreateSymbolicLink(link, "blob");
        Assert.That(await PageCache.TryWarmAsync([link], 5000, CancellationToken.None), Is.False);
        Assert.That(await PageCache.TryWarmAsync([link], 10_000, CancellationToken.None), Is.True);
        Assert.That(file, Does.Exist);
    }

    [Test]
    public void TryWarm_Cancelled_Stops()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, new byte[90]);
            Assert.That(
                async () => await PageCache.TryWarmAsync([file], 1000, new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
        }
        finally
        {
            File.Delete(file);
        }
    }
}
