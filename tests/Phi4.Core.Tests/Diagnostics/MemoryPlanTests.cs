// SPDX-License-Identifier: MIT
using System.Text;
using Phi4.Core.Configuration;
using Phi4.Core.Diagnostics;
using Phi4.Core.Tests.Configuration;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Diagnostics;

[TestFixture]
public sealed class MemoryPlanTests
{
    private const long GiB = 1L << 30;
    private const long WeightBytes = 29_319_014_400;

    private static readonly ModelConfig Phi4 = ModelConfigReader.Parse(Encoding.UTF8.GetBytes(SiblingConfigs.Phi4), "config.json");

    [Test]
    public void Create_Phi4AtFullContext_TakesThreeAndAnEighthGibibytesOfKv() =>
        Assert.That(Plan(16384, 64 * GiB).KvBytes, Is.EqualTo(25 * GiB / 8));

    [TestCase(64, ExpectedResult = MemoryVerdict.Fits)]
    [TestCase(32, ExpectedResult = MemoryVerdict.Fits)]
    [TestCase(30, ExpectedResult = MemoryVerdict.WeightsFromDisk)]
    [TestCase(4, ExpectedResult = MemoryVerdict.WeightsFromDisk)]
    [TestCase(3, ExpectedResult = MemoryVerdict.DoesNotFit)]
    public MemoryVerdict Verdict_Phi4AtFullContext_DependsOnMemory(int gibibytes) => Plan(16384, gibibytes * GiB).Verdict;

    [Test]
    public void LargestContext_IsTheLastThatFits()
    {
        MemoryPlan small = Plan(1, 2 * GiB, scratchBytes: 100 << 20);
        Assert.Multiple(() =>
        {
            Assert.That(Plan(small.LargestContext, 2 * GiB, scratchBytes: 100 << 20).Verdict, Is.Not.EqualTo(MemoryVerdict.DoesNotFit));
            Assert.That(Plan(small.LargestContext + 1, 2 * GiB, scratchBytes: 100 << 20).Verdict, Is.EqualTo(MemoryVerdict.DoesNotFit));
            Assert.That(Plan(1, 64 * GiB).LargestContext, Is.EqualTo(16384), "never more than the model was made for");
            Assert.That(Plan(1, 28 * GiB).LargestContextBesideWeights, Is.InRange(1, 4096));
            Assert.That(Plan(1, 24 * GiB).LargestContextBesideWeights, Is.Zero);
        });
    }

    [TestCase(64, 16384)]
    [TestCase(24, 4096)]
    [TestCase(2, 2621)]
    public void Create_WithoutContext_TakesWhatMemoryAllows(int gibibytes, int contextTokens)
    {
        MemoryPlan plan = Plan(null, gibibytes * GiB);
        Assert.That(plan.ContextTokens, Is.EqualTo(contextTokens));
        Assert.That(plan.EnsureFits, Throws.Nothing);
    }

    [Test]
    public void EnsureFits_TooLong_ThrowsWithTheNumbers()
    {
        MemoryPlan plan = Plan(16384, 3 * GiB);
        InsufficientModelMemoryException error = Assert.Throws<InsufficientModelMemoryException>(plan.EnsureFits)!;
        Assert.Multiple(() =>
        {
            Assert.That(error.RequiredBytes, Is.EqualTo(plan.RequiredBytes));
            Assert.That(error.AvailableBytes, Is.EqualTo(3 * GiB));
            Assert.That(error.ContextTokens, Is.EqualTo(16384));
            Assert.That(error.LargestContextTokens, Is.EqualTo(plan.LargestContext).And.GreaterThan(10_000));
            Assert.That(error.Message, Does.Contain("16,384").And.Contain($"{plan.LargestContext:N0}"));
        });
    }

    [TestCase(DType.F32, 409_600_000)]
    [TestCase(DType.BF16, 204_800_000)]
    [TestCase(DType.I8, 105_600_000)]
    public void Create_AnyCacheType_CountsItsValuesAndScales(DType cacheType, long bytes) =>
        Assert.That(MemoryPlan.Create(Phi4, WeightBytes, cacheType, 1000, 0, GiB).KvBytes, Is.EqualTo(bytes));

    [Test]
    public void Create_BadArguments_AreRefused() => Assert.Multiple(() =>
    {
        Assert.That(() => Plan(0, GiB), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => Plan(1, -1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => MemoryPlan.Create(Phi4, WeightBytes, DType.F16, 1, 0, GiB), Throws.TypeOf<ArgumentOutOfRangeException>());
    });

    private static MemoryPlan Plan(int? contextTokens, long availableBytes, long scratchBytes = 0) =>
        MemoryPlan.Create(Phi4, WeightBytes, DType.BF16, contextTokens, scratchBytes, availableBytes);
}
