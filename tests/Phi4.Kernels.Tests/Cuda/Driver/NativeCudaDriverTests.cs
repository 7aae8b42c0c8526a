// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Kernels.Cuda.Driver;

namespace Phi4.Kernels.Tests.Cuda.Driver;

[TestFixture]
internal sealed class NativeCudaDriverTests
{
    [Test]
    public void TryLoad_NoLibrary_SaysWhichIsNotThere()
    {
        Assert.That(NativeCudaDriver.TryLoad(["libno-such-driver.so.1"], out string? whyNot), Is.Null);
        Assert.That(whyNot, Is.EqualTo("no NVIDIA driver on this machine (libno-such-driver.so.1 is not there)"));
    }

    [Test]
    public void TryLoad_LibraryWithoutTheFunctions_SaysWhichItLacks()
    {
        string name = OperatingSystem.IsWindows() ? "kernel32.dll" : OperatingSystem.IsMacOS() ? "libSystem.dylib" : "libc.so.6";
        Assert.That(NativeCudaDriver.TryLoad([name], out string? whyNot), Is.Null);
        Assert.That(whyNot, Does.StartWith("the NVIDIA driver is too old: it lacks cuInit, ").And.Contain("cuMemAlloc_v2"));
    }

    [Test]
    public unsafe void LaunchStructs_OnSixtyFourBits_HaveTheDriversLayout()
    {
        Assert.Multiple(() =>
        {
            Assert.That(sizeof(CUlaunchConfig), Is.EqualTo(56));
            Assert.That((int)Marshal.OffsetOf<CUlaunchConfig>(nameof(CUlaunchConfig.Stream)), Is.EqualTo(32));
            Assert.That((int)Marshal.OffsetOf<CUlaunchConfig>(nameof(CUlaunchConfig.AttributeCount)), Is.EqualTo(48));
            Assert.That(sizeof(CUlaunchAttribute), Is.EqualTo(72));
            Assert.That((int)Marshal.OffsetOf<CUlaunchAttribute>(nameof(CUlaunchAttribute.Value)), Is.EqualTo(8));
        });
    }
}
