// SPDX-License-Identifier: MIT
using Phi4.TestSupport;

namespace Phi4.Kernels.Tests.Contracts;

/// <summary>Activations as they are; what rounding them does is BFloat16LinearContract's.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.AndCuda))]
public sealed class LinearContract(string backend)
{
    private static readonly (int Tokens, int Width, int Features)[] Shapes =
    [
        (1, 1, 1), (1, 7, 2), (1, 16, 5), (1, 33, 511), (1, 448, 96), (1, 1000, 31), (2, 17, 13), (3, 96, 12), (4, 384, 7), (5, 400, 24),
        (7, 31, 33), (9, 128, 25), (31, 448, 16), (70, 2, 3), (70, 769, 17), (130, 48, 11), (8, 2600, 50),
        (33, 2600, 50),
    ];

    private static readonly DType[] WeightTypes = [DType.F32, DType.BF16, DType.F16];

    [Test]
    public void Linear_EveryShapeAndType_IsNearTheExactSum([ValueSource(nameof(WeightTypes))] DType dtype)
    {
        using IKernels kernels = Backends.Create(backend, roundsActivations: false);
        foreach ((int tokens, int width, int features) in Shapes)
        {
            var random = new Random(width);
            using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, width, gap: width % 3);
            using TestMatrix weight = TestMatrix.Random(random, dtype, features, width, gap: width % 2);
            using TestMatrix result = TestMatrix.Empty(tokens, features, gap: 1);
            kernels.Linear(result.View, source.View, weight.View, TensorView.None, LinearEpilogue.None);
            (double[,] value, double[,] magnitude) = Naive.Product(source, weight);
            Compare.Near(result.ToArray(), value, magnitude, (width / 16.0) + 6, $"{dtype} [{tokens}, {width}] x [{features}]");
        }
    }

    [Test]
    public void Linear_BiasAndResidual_AreAdded([ValueSource(nameof(WeightTypes))] DType dtype, [Values(1, 6)] int tokens, [Values] bool withBias)
    {
        using IKernels kernels = Backends.Create(backend, roundsActivations: false);
        var random = new Random(5);
        using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, 40);
        using TestMatrix weight = TestMatrix.Random(random, dtype, 19, 40);
        using TestMatrix bias = TestMatrix.Random(random, dtype, 1, 19);
        using TestMatrix result = TestMatrix.Random(random, DType.F32, tokens, 19, gap: 2);
        float[,] before = result.ToArray();
        kernels.Linear(result.View, source.View, weight.View, withBias ? bias.View : TensorView.None, LinearEpilogue.AddResidual);
        (double[,] value, double[,] magnitude) = Naive.Product(source, weight);
        for (int t = 0; t < tokens; t++)
        {
            for (int n = 0; n < 19; n++)
            {
                value[t, n] += before[t, n] + (withBias ? bias[0, n] : 0);
                magnitude[t, n] += Math.Abs(before[t, n]) + Math.Abs(bias[0, n]);
            }
        }

        Compare.Near(result.ToArray(), value, magnitude, 10, $"{dtype} bias {withBias}");
    }

    [Test]
    public void LinearSwiGlu_EveryShapeAndType_IsNearTheExactValue([ValueSource(nameof(WeightTypes))] DType dtype)
    {
        using IKernels kernels = Backends.Create(backend, roundsActivations: false);
        foreach ((int tokens, int width, int features) in Shapes)
        {
            var random = new Random(width + 1);
            using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, width, gap: 1);
            using TestMatrix gate = TestMatrix.Random(random, dtype, features, width);
            using TestMatrix up = TestMatrix.Random(random, dtype, features, width, gap: 1);
            using TestMatrix result = TestMatrix.Empty(tokens, features, gap: 3);
            kernels.LinearSwiGlu(result.View, source.View, gate.View, up.View);
            (double[,] z, double[,] zMagnitude) = Naive.Product(source, gate);
            (double[,] value, double[,] magnitude) = Naive.Product(source, up);
            for (int t = 0; t < tokens; t++)
            {
                for (int n = 0; n < features; n++)
                {
                    double silu = z[t, n] / (1 + Math.Exp(-z[t, n]));

                    // The slope of silu is below 1.1, so z's error passes on; up's error is scaled by silu.
                    magnitude[t, n] = (1.1 * zMagnitude[t, n] * Math.Abs(value[t, n])) + (Math.Abs(silu) * magnitude[t, n]) + (1.2 * zMagnitude[t, n] * magnitude[t, n] * 1e-4);
                    value[t, n] *= silu;
                }
            }

            Compare.Near(result.ToArray(), value, magnitude, (width / 16.0) + 16, $"{dtype} [{tokens}, {width}] x [{features}]");
        }
    }

    [Test]
    public void LinearSwiGlu_HugeGates_SaturateWithoutNaN()
    {
        using IKernels kernels = Backends.Create(backend, roundsActivations: false);
        using TestMatrix source = TestMatrix.Of(new float[,] { { 1 } });
        using TestMatrix gate = TestMatrix.Of(new float[,] { { -1000 }, { -87 }, { 0 }, { 88 }, { 1e30f } });
        using TestMatrix up = TestMatrix.Of(new float[,] { { 2 }, { 2 }, { 2 }, { 2 }, { 2 } });
        using TestMatrix result = TestMatrix.Empty(1, 5);
        kernels.LinearSwiGlu(result.View, source.View, gate.View, up.View);
        Assert.Multiple(() =>
        {
            Assert.That(result[0, 0], Is.EqualTo(0f));
            // The device's exponential is of base 2: the product 87 log2(e) is rounded, which costs 87 * 2^-24 of the result.
            Assert.That(result[0, 1], Is.EqualTo(-174 * Math.Exp(-87)).Within(backend.StartsWith("cuda", StringComparison.Ordinal) ? 4e-41 : 1e-42));
            Assert.That(result[0, 2], Is.EqualTo(0f));
            Assert.That(result[0, 3], Is.EqualTo(176f));
            Assert.That(result[0, 4], Is.EqualTo(2e30f));
        });
    }
}
