// SPDX-License-Identifier: MIT
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights;

public sealed unsafe class PageAdviceTests
{
    [Test]
    public void Advice_OnAMappedFile_LeavesItsBytesAsTheyAre()
    {
        using TemporaryFolder folder = new();
        byte[] bytes = new byte[300_000];
        new Random(1).NextBytes(bytes);
        File.WriteAllBytes(folder["file"], bytes);
        using MappedFile file = MappedFile.Open(folder["file"], 1);
        file.AdviseWillNeed(100, 200_000);
        file.PreferHugePages(100, 200_000);
        file.ReadIn(0, file.Length);
        file.Release(5, 250_000);
        byte* address = (byte*)file.Address(0, file.Length);
        PageAdvice.PageOut(address, 4096, 100_000);
        Assert.That(new ReadOnlySpan<byte>(address, bytes.Length).SequenceEqual(bytes));
    }

    [Test]
    public void Advice_OnNoMapping_IsIgnored()
    {
        Assert.Multiple(() =>
        {
            Assert.That(PageAdvice.TryPopulate(null, 4096, 4096), Is.False);
            Assert.That(() => HugePages.Advise(null, 4096), Throws.Nothing);
            Assert.That(() => PageAdvice.WillNeed(null, 4096, 4096), Throws.Nothing);
            Assert.That(() => PageAdvice.Release(null, 4096, 4096), Throws.Nothing);
            Assert.That(() => PageAdvice.PageOut(null, 4096, 4096), Throws.Nothing);
        });
    }
}
