// SPDX-License-Identifier: MIT
using Phi4.TestSupport;
using Phi4.TestSupport.Cuda;

namespace Phi4.Kernels.Tests.Cuda.Launch;

/// <summary>Products by the matrix units: activations are rounded to the matrix's 16 bits, and the rest is a sum in F32.</summary>
[TestFixture(DType.BF16, "cuda-emulated")]
[TestFixture(DType.F16, "cuda-emulated")]
[TestFixture(DType.BF16, "cuda-emulated-hopper")]
[TestFixture(DType.F16, "cuda-emulated-hopper")]
internal sealed class EmulatedLinearTests(DType dtype, string backend)
{
    // Around the borders of tiles of 8, 16, 32 and 64 tokens, and enough for tiles of 128.
    private static readonly int[] TokenCounts = [1, 2, 7, 8, 9, 16, 17, 33, 64, 65, 129, 200];

    private static readonly (int Width, int Features)[] Shapes = [(8, 1), (16, 7), (64, 16), (72, 33), (448, 96), (1000, 40)];

    [SetUp]
    public void RequireEmulator() => Assume.That(EmulatedKernels.WhyNot, Is.Null);

    [Test]
    public void Linear_EveryShape_IsNearTheSumOfRoundedActivations([ValueSource(nameof(TokenCounts))] int tokens)
    {
        using IKernels kernels = Backends.Create(backend);
        foreach ((int width, int features) in Shapes)
        {
            var random = new Random(width + tokens);
            using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, width);
            using TestMatrix weight = TestMatrix.Random(random, dtype, features, width);
            using TestMatrix result = TestMatrix.Empty(tokens, features, gap: 1);
            kernels.Linear(result.View, source.View, weight.View, TensorView.None, LinearEpilogue.None);
            using TestMatrix rounded = Rounded(source);
            (double[,] value, double[,] magnitude) = Naive.Product(rounded, weight);
            Compare.Near(result.ToArray(), value, magnitude, width + 6, $"{dtype} [{tokens}, {width}] x [{features}]");
        }
    }

    [Test]
    public void Linear_RowsThatStartAnywhere_GiveTheSameBits([Values(1, 5, 20, 70, 200)] int tokens)
    {
        using IKernels kernels = Backends.Create(backend);
        var random = new Random(tokens);
        using TestMatrix aligned = TestMatrix.Random(random, DType.F32, tokens, 72);
        using TestMatrix weight = TestMatrix.Random(random, dtype, 33, 72);
        using TestMatrix apart = TestMatrix.Filled(DType.F32, tokens, 72, gap: 3, (t, i) => aligned[t, i]);
        Compare.SameBits(Product(kernels, apart, weight), Product(kernels, aligned, weight), $"{tokens} tokens");
    }

    [Test]
    public void Linear_AnyCompany_GivesARowTheSameBits()
    {
        using IKernels kernels = Backends.Create(backend);
        var random = new Random(7);
        using TestMatrix source = TestMatrix.Random(random, DType.F32, 210, 200);
        using TestMatrix weight = TestMatrix.Random(random, dtype, 50, 200);
        float[,] all = Product(kernels, source, weight);
        foreach ((int start, int count) in new[] { (0, 1), (149, 1), (3, 8), (60, 9), (10, 17), (20, 33), (30, 64), (7, 100), (0, 129), (5, 200) })
        {
            using TestMatrix part = source.CopyRows(start, count);
            using TestMatrix expected = TestMatrix.Of(all).CopyRows(start, count);
            Compare.SameBits(Product(kernels, part, weight), expected.ToArray(), $"rows {start} and {count - 1} more");
        }
    }

    [Test]
    public void Linear_BiasAndResidual_AreAddedInThatOrder([Values(1, 12, 80, 200)] int tokens, [Values] bool withBias)
    {
        using IKernels kernels = Backends.Create(backend);
        var random = new Random(5);
        using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, 40);
        using TestMatrix weight = TestMatrix.Random(random, dtype, 19, 40);
        using TestMatrix bias = TestMatrix.Random(random, dtype, 1, 19);
        float[,] product = Product(kernels, source, weight);
        using TestMatrix result = TestMatrix.Random(random, DType.F32, tokens, 19, gap: 2);
        float[,] before = result.ToArray();
        kernels.Linear(result.View, source.View, weight.View, withBias ? bias.View : TensorView.None, LinearEpilogue.AddResidual);
        for (int t = 0; t < tokens; t++)
        {
            for (int n = 0; n < 19; n++)
            {
                float sum = withBias ? product[t, n] + bias[0, n] : product[t, n];
                Assert.That(result[t, n], Is.EqualTo(before[t, n] + sum), $"[{t}, {n}]");
            }
        }
    }

    [Test]
    public void LinearSwiGlu_EveryShape_IsTheGateOfTwoProducts([ValueSource(nameof(TokenCounts))] int tokens)
    {
        using IKernels kernels = Backends.Create(backend);
        foreach ((int width, int features) in Shapes)
        {
            var random = new Random(width + tokens);
            using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, width, scale: 0.2f);
            using TestMatrix gate = TestMatrix.Random(random, dtype, features, width);
            using TestMatrix up = TestMatrix.Random(random, dtype, features, width);
            using TestMatrix result = TestMatrix.Empty(tokens, features, gap: 1);
            kernels.LinearSwiGlu(result.View, source.View, gate.View, up.View);
            float[,] z = Product(kernels, source, gate), y = Product(kernels, source, up);
            var expected = new double[tokens, features];
            var magnitude = new double[tokens, features];
            for (int t = 0; t < tokens; t++)
            {
                for (int n = 0; n < features; n++)
                {
                    expected[t, n] = z[t, n] / (1 + Math.Exp(-(double)z[t, n])) * y[t, n];
                    magnitude[t, n] = Math.Abs(expected[t, n]);
                }
            }

            Compare.Near(result.ToArray(), expected, magnitude, 64, $"{dtype} [{tokens}, {width}] x [{features}]");
        }
    }

    private static float[,] Product(IKernels kernels, TestMatrix source, TestMatrix weight)
    {
        using TestMatrix result = TestMatrix.Empty(source.View.Rows, weight.View.Rows);
        kernels.Linear(result.View, source.View, weight.View, TensorView.None, LinearEpilogue.None);
        return result.ToArray();
    }

    private TestMatrix Rounded(TestMatrix source)
        => TestMatrix.Filled(DType.F32, source.View.Rows, source.View.Columns, 0, (t, i) => dtype == DType.BF16
            ? BFloat16.ToSingle(BFloat16.FromSingle(source[t, i])) : (float)(Half)source[t, i]);
}
