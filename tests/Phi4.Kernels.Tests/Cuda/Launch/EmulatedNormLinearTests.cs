// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda;
using Phi4.TestSupport;
using Phi4.TestSupport.Cuda;

namespace Phi4.Kernels.Tests.Cuda.Launch;

/// <summary>A norm and a product in one operation: the bits of one after the other, in fewer launches.</summary>
[TestFixture]
internal sealed class EmulatedNormLinearTests
{
    private const float Epsilon = 1e-5f;

    private static readonly int[] TokenCounts = [1, 7, 8, 9, 40, 70, 200];

    [SetUp]
    public void RequireEmulator() => Assume.That(EmulatedKernels.WhyNot, Is.Null);

    [Test]
    public void NormLinear_EveryFormat_GivesTheBitsOfNormThenLinear(
        [Values(DType.F32, DType.BF16, DType.F16)] DType dtype, [Values(DType.F32, DType.BF16)] DType normType, [ValueSource(nameof(TokenCounts))] int tokens)
    {
        using IKernels kernels = Backends.Create("cuda-emulated");
        var random = new Random(tokens);
        using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, 328, gap: 4);
        using TestMatrix norm = TestMatrix.Random(random, normType, 1, 328);
        using TestMatrix weight = TestMatrix.Random(random, dtype, 19, 328);
        using TestMatrix up = TestMatrix.Random(random, dtype, 19, 328);
        using TestMatrix bias = TestMatrix.Random(random, dtype, 1, 19);
        Check(kernels, source, norm, weight.View, up.View, bias.View);
    }

    [Test]
    public void NormLinear_EveryKindOfBlocks_GivesTheBitsOfNormThenLinear([Values] WeightKind kind, [Values(1, 8, 20)] int tokens, [Values(100, 328)] int width)
    {
        using IKernels kernels = Backends.Create("cuda-emulated");
        var random = new Random(tokens);
        using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, width);
        using TestMatrix norm = TestMatrix.Random(random, DType.BF16, 1, width);
        using var weight = new QuantizedMatrix(random, kind, 19, width);
        using var up = new QuantizedMatrix(random, kind, 19, width);
        Check(kernels, source, norm, weight.View, up.View, TensorView.None);
    }

    [TestCase(1, "linear_normed_bf16")]
    [TestCase(8, "linear_normed_bf16")]
    [TestCase(9, "norm_rows_bf16 linear_skinny_bf16_t16")]
    [TestCase(65, "norm_rows_bf16 linear_skinny_bf16_t64")]
    [TestCase(200, "norm_rows_bf16 linear_tiled_bf16")]
    public void NormLinear_OnADevice_LaunchesNoNormByItself(int tokens, string expected)
    {
        EmulatedCudaDriver driver = EmulatedKernels.CreateDriver();
        using CudaKernels kernels = EmulatedKernels.Create(driver);
        using KernelBuffer memory = kernels.Allocate(1 << 20, "operands");
        TensorView source = memory.View(DType.F32, tokens, 64), norm = memory.View(DType.BF16, 1, 64, 1 << 16);
        TensorView weight = memory.View(DType.BF16, 16, 64, 2 << 16), result = memory.View(DType.F32, tokens, 16, 3 << 16);
        driver.Launches.Clear();
        kernels.NormLinear(result, source, new RowNorm(norm, Epsilon, source), weight, TensorView.None);
        Assert.That(string.Join(' ', driver.Launches.Select(launch => launch.Kernel)), Is.EqualTo(expected));
    }

    private static void Check(IKernels kernels, TestMatrix source, TestMatrix norm, WeightView weight, WeightView up, TensorView bias)
    {
        (int tokens, int width) = (source.View.Rows, source.View.Columns);
        using TestMatrix normed = TestMatrix.Empty(tokens, width), room = TestMatrix.Empty(tokens, width);
        using TestMatrix expected = TestMatrix.Empty(tokens, 19), found = TestMatrix.Empty(tokens, 19);
        RowNorm rowNorm = new(norm.View, Epsilon, room.View);
        kernels.RmsNorm(normed.View, source.View, norm.View, Epsilon);
        kernels.Linear(expected.View, normed.View, weight, bias, LinearEpilogue.None);
        kernels.NormLinear(found.View, source.View, rowNorm, weight, bias);
        Compare.SameBits(found.ToArray(), expected.ToArray(), $"{tokens} tokens");

        kernels.LinearSwiGlu(expected.View, normed.View, weight, up);
        kernels.NormLinearSwiGlu(found.View, source.View, rowNorm, weight, up);
        Compare.SameBits(found.ToArray(), expected.ToArray(), $"{tokens} tokens, gated");
    }
}
