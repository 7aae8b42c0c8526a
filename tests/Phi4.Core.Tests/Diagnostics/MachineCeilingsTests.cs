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
    public void Measure_MachineCode_MultipliesBytesFasterThanFloats()
    {
        MachineCeilings ceilings = MachineCeilings.Measure(1, readBytes: 8 << 20);
        Assert.That(ceilings.Int8OperationsPerSecond is null, Is.EqualTo(MachineCode.WhyNot is not null));

        // Twice and four times as fast on the machines that have them; a busy neighbour takes its part of either reading.
        Assert.That(ceilings.Int8OperationsPerSecond ?? double.MaxValue, Is.GreaterThan(1.5 * ceilings.FlopsPerSecond));
        Assert.That(ceilings.BFloat16FlopsPerSecond ?? double.MaxValue, Is.GreaterThan(0.75 * ceilings.FlopsPerSecond));
    }

    [Test]
    public void Measure_NoThreadsOrNoBuffer_IsRefused()
    {
        Assert.That(() => MachineCeilings.Measure(0), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => MachineCeilings.Measure(1, readBytes: 100), Throws.TypeOf<ArgumentOutOfRangeException>());
    }
}
