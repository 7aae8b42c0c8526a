// SPDX-License-Identifier: MIT
using Phi4.TestSupport;
using Phi4.TestSupport.Cuda;

namespace Phi4.Kernels.Tests.Cuda.Launch;

/// <summary>Products with int8 and int4 matrices by the matrix units: activations are rounded to BF16, weights are what their codes are worth.</summary>
[TestFixture]
internal sealed class EmulatedBlockLinearTests
{
    private static readonly int[] TokenCounts = [1, 5, 8, 9, 20, 50, 70];

    private static readonly (int Width, int Features)[] Shapes = [(32, 16), (33, 5), (96, 40), (100, 17), (640, 33)];

    [SetUp]
    public void RequireEmulator() => Assume.That(EmulatedKernels.WhyNot, Is.Null);

    [Test]
    public void Linear_EveryShape_IsNearTheSumOfRoundedActivations([Values] WeightKind kind, [ValueSource(nameof(TokenCounts))] int tokens)
    {
        using IKernels kernels = Backends.Create("cuda-emulated");
        foreach ((int width, int features) in Shapes)
        {
            var random = new Random(width + tokens);
            using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, width);
            using var weight = new QuantizedMatrix(random, kind, features, width);
            float[,] found = Product(kernels, source, weight);
            (double[,] value, double[,] magnitude) = Exact(source, weight);
            Compare.Near(found, value, magnitude, width + 20, $"{kind} [{tokens}, {width}] x [{features}]");
        }
    }

    [Test]
    public void Linear_AnyCompany_GivesARowTheSameBits([Values(WeightKind.EightBits, WeightKind.FourBitsTableOffsets)] WeightKind kind)
    {
        using IKernels kernels = Backends.Create("cuda-emulated");
        var random = new Random(7);
        using TestMatrix source = TestMatrix.Random(random, DType.F32, 80, 200);
        using var weight = new QuantizedMatrix(random, kind, 50, 200);
        float[,] all = Product(kernels, source, weight);
        foreach ((int start, int count) in new[] { (0, 1), (79, 1), (3, 8), (60, 9), (10, 17), (20, 33), (7, 64) })
        {
            using TestMatrix part = source.CopyRows(start, count);
            using TestMatrix expected = TestMatrix.Of(all).CopyRows(start, count);
            Compare.SameBits(Product(kernels, part, weight), expected.ToArray(), $"rows {start} and {count - 1} more");
        }
    }

    [Test]
    public void LinearSwiGlu_EveryKind_IsTheGateOfTwoProducts([Values] WeightKind kind, [Values(1, 12, 70)] int tokens)
    {
        using IKernels kernels = Backends.Create("cuda-emulated");
        var random = new Random(tokens);
        using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, 96, scale: 0.2f);
        using var gate = new QuantizedMatrix(random, kind, 21, 96);
        using var up = new QuantizedMatrix(random, kind, 21, 96);
        using TestMatrix result = TestMatrix.Empty(tokens, 21, gap: 1);
        kernels.LinearSwiGlu(result.View, source.View, gate.View, up.View);
        float[,] z = Product(kernels, source, gate), y = Product(kernels, source, up);
        var expected = new double[tokens, 21];
        var magnitude = new double[tokens, 21];
        for (int t = 0; t < tokens; t++)
        {
            for (int n = 0; n < 21; n++)
            {
                expected[t, n] = z[t, n] / (1 + Math.Exp(-(double)z[t, n])) * y[t, n];
                magnitude[t, n] = Math.Abs(expected[t, n]);
            }
        }

        Compare.Near(result.ToArray(), expected, magnitude, 64, $"{kind}");
    }

    private static float[,] Product(IKernels kernels, TestMatrix source, QuantizedMatrix weight)
    {
        using TestMatrix result = TestMatrix.Empty(source.View.Rows, weight.View.Rows, gap: 1);
        kernels.Linear(result.View, source.View, weight.View, TensorView.None, LinearEpilogue.None);
        return result.ToArray();
    }

    private static (double[,] Value, double[,] Magnitude) Exact(TestMatrix source, QuantizedMatrix weight)
    {
        int tokens = source.View.Rows, features = weight.View.Rows;
        var value = new double[tokens, features];
        var magnitude = new double[tokens, features];
        for (int t = 0; t < tokens; t++)
        {
            for (int n = 0; n < features; n++)
            {
                for (int k = 0; k < source.View.Columns; k++)
                {
                    double x = BFloat16.ToSingle(BFloat16.FromSingle(source[t, k]));
                    double code = (double)weight.Scale(n, k) * weight.Value(n, k), offset = weight.Offset(n, k);
                    value[t, n] += (code + offset) * x;
                    magnitude[t, n] += (Math.Abs(code) + Math.Abs(offset)) * Math.Abs(x);
                }
            }
        }

        return (value, magnitude);
    }
}
