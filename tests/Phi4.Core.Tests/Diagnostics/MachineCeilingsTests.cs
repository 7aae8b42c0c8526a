// SPDX-License-Identifier: MIT
using Phi4.Core.Diagnostics;

namespace Phi4.Core.Tests.Diagnostics;

[TestFixture]
public sealed class MachineCeilingsTests
{
    [TestCase(1)]
    [TestCase(2)]
    public void Measure_SomeThreads_GivesRatesThatAMachineCanHave(int threads)
    {
        MachineCeilings ceilings = MachineCeilings.Measure(threads, readBytes: 8 << 20);
        Assert.That(ceilings.ThreadCount, Is.EqualTo(threads));
        Assert.That(ceilings.ReadBytesPerSecond, Is.InRange(1e8, 1e13));
        Assert.That(ceilings.FlopsPerSecond, Is.InRange(1e8, 1e13));
        Assert.That(ceilings.ScalingThreads, Is.EqualTo(Math.Min(2, Environment.ProcessorCount)));
        Assert.That(ceilings.Scaling, Is.InRange(0.2, 3.0));
    }

    [Test]
    public void Measure_NoThreadsOrNoBuffer_IsRefused()
    {
        Assert.That(() => MachineCeilings.Measure(0), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => MachineCeilings.Measure(1, readBytes: 100), Throws.TypeOf<ArgumentOutOfRangeException>());
    }
}
