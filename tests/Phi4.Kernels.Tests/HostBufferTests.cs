// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Tests;

public sealed unsafe class HostBufferTests
{
    [Test]
    public void Allocate_Large_StartsOnAHugePageAndCanBeUsedToItsEnd()
    {
        const long Size = (3 * HugePages.PageSize) + 1;
        using HostBuffer buffer = HostBuffer.Allocate(Size, "test");
        byte* address = (byte*)buffer.DangerousGetHandle();
        Assert.That((long)address % (OperatingSystem.IsLinux() ? HugePages.PageSize : 64), Is.Zero);
        Assert.That(buffer.ByteCount, Is.EqualTo(Size), "what was asked for, not what was taken");
        address[0] = address[Size - 1] = 7;
    }

    [TestCase(1)]
    [TestCase(100_000)]
    public void Allocate_Small_IsAlignedForVectors(long size)
    {
        using HostBuffer buffer = HostBuffer.Allocate(size, "test");
        Assert.That((long)buffer.DangerousGetHandle() % 64, Is.Zero);
    }

    [Test]
    public void Round_Sizes_OnlyLargeOnesGrowAndByLessThanAPage()
    {
        Assert.That(HugePages.Round(100_000), Is.EqualTo(100_000));
        long large = (5 * HugePages.PageSize) + 1;
        Assert.That(HugePages.Round(large), Is.EqualTo(OperatingSystem.IsLinux() ? 6 * HugePages.PageSize : large));
        Assert.That(HugePages.Round(6 * HugePages.PageSize), Is.EqualTo(6 * HugePages.PageSize));
    }

    [Test]
    public void Advise_WhatTheSystemRefuses_IsIgnored()
        => Assert.DoesNotThrow(() => HugePages.Advise((void*)1, 5), "an address that no page starts at");
}
