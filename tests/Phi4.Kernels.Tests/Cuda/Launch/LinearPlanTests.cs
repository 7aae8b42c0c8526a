// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda.Launch;

namespace Phi4.Kernels.Tests.Cuda.Launch;

[TestFixture]
internal sealed class LinearPlanTests
{
    private const int Multiprocessors = 132;

    // [5120, 5120] takes 40 tiled blocks for every 128 tokens, [35840, 5120] 280.
    [TestCase(64, 5120, LinearKind.Skinny)]
    [TestCase(65, 5120, LinearKind.Skinny)]
    [TestCase(192, 5120, LinearKind.Skinny)]
    [TestCase(193, 5120, LinearKind.Tiled)]
    [TestCase(65, 35840, LinearKind.Tiled)]
    public void Of_SomeTokens_TakesTheKernelThatFillsTheDevice(int tokens, int features, object kind)
    {
        LinearPlan plan = Plan(DType.BF16, tokens, features);
        Assert.That((plan.Kind, plan.RoundsFirst), Is.EqualTo(((LinearKind)kind, true)));
    }

    [TestCase(64, 5120, LinearKind.Skinny)]
    [TestCase(192, 5120, LinearKind.Skinny)]
    [TestCase(193, 5120, LinearKind.Warpgroups)]
    [TestCase(65, 35840, LinearKind.Warpgroups)]
    public void Of_SomeTokensOnHopper_TakesWarpgroupsForTiles(int tokens, int features, object kind)
        => Assert.That(Plan(DType.BF16, tokens, features, hasWarpgroups: true).Kind, Is.EqualTo((LinearKind)kind));

    [Test]
    public void Of_ManyTokensAndNothingRounded_IsAGridThatDriversTake()
    {
        LinearPlan plan = Plan(DType.F32, 70_000, 100_352);
        Assert.That((plan.Kind, plan.Shape.GridX, plan.Shape.GridY), Is.EqualTo((LinearKind.Exact, 70_000, 12_544)));
    }

    [TestCase(DType.BF16, 1, true)]
    [TestCase(DType.BF16, 8, true)]
    [TestCase(DType.BF16, 9, false)]
    [TestCase(DType.F32, 1, false)]
    public void CanNormItself_SingleTokensByMatrixUnits_Does(DType dtype, int tokens, bool expected)
        => Assert.That(Plan(dtype, tokens, 5120).CanNormItself, Is.EqualTo(expected));

    private static LinearPlan Plan(DType dtype, int tokens, int features, bool hasWarpgroups = false)
        => LinearPlan.Of(new TensorView(4096, DType.F32, tokens, 5120), new TensorView(8192, dtype, features, 5120), TensorView.None, rounds: true, Multiprocessors, hasWarpgroups);
}
