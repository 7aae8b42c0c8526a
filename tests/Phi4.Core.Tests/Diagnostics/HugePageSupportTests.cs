// SPDX-License-Identifier: MIT
using Phi4.Core.Diagnostics;

namespace Phi4.Core.Tests.Diagnostics;

public sealed class HugePageSupportTests
{
    private static readonly string[] Smaps =
    [
        "7f0000000000-7f0000200000 rw-p 00000000 00:00 0 ",
        "Size:               2048 kB",
        "AnonHugePages:      2048 kB",
        "VmFlags: rd wr mr mw me ac hg",
        "7f0000200000-7f0000800000 rw-p 00000000 00:00 0 [anon: x]",
        "AnonHugePages:      4096 kB",
    ];

    [TestCase("always [madvise] never", null)]
    [TestCase("[always] madvise never", null)]
    [TestCase("always madvise [never]", "policy is never")]
    [TestCase(null, "has none")]
    public void Policy_OfASystem_SaysWhyNot(string? enabled, string? expected)
    {
        using var root = new TemporaryFolder();
        if (enabled is not null)
        {
            string folder = Path.Combine(root.Path, "sys/kernel/mm/transparent_hugepage");
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "enabled"), enabled);
        }

        Assert.That(HugePageSupport.Policy(root.Path), expected is null ? Is.Null : Does.Contain(expected));
    }

    [TestCase(0x7f0000000000UL, 2048)]
    [TestCase(0x7f00001fffffUL, 2048)]
    [TestCase(0x7f0000200000UL, 4096)]
    [TestCase(0x7f0000800000UL, 0)]
    public void HugeKilobytes_OfAnAddress_AreItsMappings(ulong address, long expected)
        => Assert.That(HugePageSupport.HugeKilobytes(Smaps, address), Is.EqualTo(expected));

    [Test]
    public void WhyNot_OnThisMachine_IsAReasonOrNothing()
        => Assert.That(HugePageSupport.WhyNot(), Is.Null.Or.Not.Empty);
}
