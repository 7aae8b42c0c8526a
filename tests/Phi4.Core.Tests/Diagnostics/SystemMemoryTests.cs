// SPDX-License-Identifier: MIT
using Phi4.Core.Diagnostics;

namespace Phi4.Core.Tests.Diagnostics;

[TestFixture]
public sealed class SystemMemoryTests
{
    private const string MemInfo = "MemTotal:       16000000 kB\nMemFree:          100000 kB\nMemAvailable:    8000000 kB\n";

    [Test]
    public void AvailableBytes_ThisMachine_IsPositive() => Assert.That(SystemMemory.AvailableBytes(), Is.Positive);

    [Test]
    public void LinuxAvailable_NoControlGroup_IsTheKernelsEstimate()
    {
        using TemporaryFolder root = new();
        root.Write("proc/meminfo", MemInfo);
        Assert.That(SystemMemory.LinuxAvailable(root.Path), Is.EqualTo(8_192_000_000));
    }

    [Test]
    public void LinuxAvailable_LimitOnAnOuterGroup_CutsTheEstimateAndCountsCacheAsFree()
    {
        using TemporaryFolder root = new();
        root.Write("proc/meminfo", MemInfo);
        root.Write("proc/self/cgroup", "0::/outer/inner\n");
        root.Write("sys/fs/cgroup/outer/inner/memory.max", "max\n");
        root.Write("sys/fs/cgroup/outer/inner/memory.current", "500\n");
        root.Write("sys/fs/cgroup/outer/memory.max", "1000000\n");
        root.Write("sys/fs/cgroup/outer/memory.current", "700000\n");
        root.Write("sys/fs/cgroup/outer/memory.stat", "anon 300000\ninactive_file 250000\nactive_file 150000\n");
        Assert.That(SystemMemory.LinuxAvailable(root.Path), Is.EqualTo(700_000));
    }

    [Test]
    public void LinuxAvailable_OldInterface_IsRead()
    {
        using TemporaryFolder root = new();
        root.Write("proc/meminfo", MemInfo);
        root.Write("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/job\n");
        root.Write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "2000000\n");
        root.Write("sys/fs/cgroup/memory/job/memory.usage_in_bytes", "500000\n");
        Assert.That(SystemMemory.LinuxAvailable(root.Path), Is.EqualTo(1_500_000));
    }

    [Test]
    public void LinuxAvailable_NoMemInfo_IsUnknown()
    {
        using TemporaryFolder root = new();
        Assert.That(SystemMemory.LinuxAvailable(root.Path), Is.Null);
    }
}
