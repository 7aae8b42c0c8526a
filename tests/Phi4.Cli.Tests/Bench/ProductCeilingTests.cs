// SPDX-License-Identifier: MIT
using Phi4.Cli.Bench;
using Phi4.Core.Diagnostics;

namespace Phi4.Cli.Tests.Bench;

public sealed class ProductCeilingTests
{
    private static readonly MachineCeilings Plain = new(ThreadCount: 1, ReadBytesPerSecond: 20e9, FlopsPerSecond: 100e9, ScalingThreads: 2, Scaling: 2);
    private static readonly MachineCeilings Dots = Plain with { Int8OperationsPerSecond = 400e9, BFloat16FlopsPerSecond = 200e9 };

    [TestCase(WeightType.Int8, "int8 dots")]
    [TestCase(WeightType.Int4, "int8 dots")]
    [TestCase(WeightType.BF16, "bf16 dots")]
    [TestCase(WeightType.F16, "F32 FMA")]
    [TestCase(WeightType.F32, "F32 FMA")]
    public void Of_MachineWithDots_IsThatOfTheWeights(WeightType weights, string name) =>
        Assert.That(ProductCeilings.Of(weights, ActivationType.Matched, Dots).Name(), Is.EqualTo(name));

    [TestCase(WeightType.Int4)]
    [TestCase(WeightType.BF16)]
    public void Of_MachineWithout_IsMultiplyAdds(WeightType weights) =>
        Assert.That(ProductCeilings.Of(weights, ActivationType.Matched, Plain), Is.EqualTo(ProductCeiling.F32));

    [Test]
    public void Of_BFloat16TimesFloats_IsMultiplyAdds() =>
        Assert.That(ProductCeilings.Of(WeightType.BF16, ActivationType.F32, Dots), Is.EqualTo(ProductCeiling.F32));

    [Test]
    public void ProductShare_IsOfTheMeanOfBothReadings()
    {
        var row = new BenchRow
        {
            Test = new BenchTest(BenchKind.Prompt, 512, 0, 0),
            Threads = 1,
            Samples = [150],
            FlopsPerToken = 1e9,
            ProductCeiling = ProductCeiling.Int8,
            Before = Dots,
            After = Dots with { Int8OperationsPerSecond = 200e9 },
            LoadTime = TimeSpan.Zero,
        };
        Assert.That(row.ProductShare, Is.EqualTo(0.5).Within(1e-12));
        Assert.That(row.MultiplyAddShare, Is.EqualTo(1.5).Within(1e-12));
    }
}
