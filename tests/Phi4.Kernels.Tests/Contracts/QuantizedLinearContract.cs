// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu;
using Phi4.TestSupport;

namespace Phi4.Kernels.Tests.Contracts;

[TestFixtureSource(typeof(Backends), nameof(Backends.Names))]
public sealed class QuantizedLinearContract(string backend)
{
    private static readonly (int Tokens, int Width, int Features)[] Shapes =
    [
        (1, 1, 1), (1, 31, 17), (1, 32, 16), (1, 33, 511), (1, 448, 96), (1, 1000, 31), (2, 17, 13), (3, 96, 48), (4, 64, 7), (5, 400, 24),
        (6, 1100, 33), (7, 31, 32), (8, 128, 25), (9, 160, 49), (13, 2080, 16), (31, 448, 16), (70, 2, 3), (130, 48, 11), (513, 40, 35),
    ];

    private bool IsExact => backend == "reference";

    [Test]
    public void Linear_EveryShape_KeepsTheContract([Values] WeightKind kind)
    {
        using IKernels kernels = Backends.Create(backend);
        foreach ((int tokens, int width, int features) in Shapes)
        {
            var random = new Random(width);
            using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, width, gap: width % 3);
            using var weight = new QuantizedMatrix(random, kind, features, width);
            using TestMatrix result = TestMatrix.Empty(tokens, features, gap: 1);
            kernels.Linear(result.View, source.View, weight.View, TensorView.None, LinearEpilogue.None);
            string what = $"{kind} [{tokens}, {width}] x [{features}]";
            (double[,] value, double[,] bound) = QuantizedProduct.Exact(source, weight);
            Compare.Within(result.ToArray(), value, bound, what);
            if (!IsExact)
            {
                Compare.SameBits(result.ToArray(), QuantizedProduct.Contract(source, weight), what);
            }
        }
    }

    [Test]
    public void Linear_BiasAndResidual_AreAdded([Values(WeightKind.EightBits, WeightKind.FourBits)] WeightKind kind, [Values(1, 6)] int tokens, [Values] bool withBias)
    {
        using IKernels kernels = Backends.Create(backend);
        var random = new Random(5);
        using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, 40);
        using var weight = new QuantizedMatrix(random, kind, 19, 40);
        using TestMatrix bias = TestMatrix.Random(random, DType.BF16, 1, 19);
        using TestMatrix product = TestMatrix.Empty(tokens, 19);
        using TestMatrix result = TestMatrix.Random(random, DType.F32, tokens, 19, gap: 2);
        float[,] before = result.ToArray();
        kernels.Linear(product.View, source.View, weight.View, TensorView.None, LinearEpilogue.None);
        kernels.Linear(result.View, source.View, weight.View, withBias ? bias.View : TensorView.None, LinearEpilogue.AddResidual);
        for (int t = 0; t < tokens; t++)
        {
            for (int n = 0; n < 19; n++)
            {
                float sum = product[t, n] + (withBias ? bias[0, n] : 0);
                float magnitude = Math.Abs(product[t, n]) + Math.Abs(bias[0, n]) + Math.Abs(before[t, n]);
                Assert.That(result[t, n], Is.EqualTo(before[t, n] + sum).Within(IsExact ? magnitude * 2e-7f : 0), $"[{t}, {n}]");
            }
        }
    }

    [Test]
    public void LinearSwiGlu_EveryShape_KeepsTheContract([Values] WeightKind kind)
    {
        using IKernels kernels = Backends.Create(backend);
        foreach ((int tokens, int width, int features) in Shapes)
        {
            var random = new Random(width + 1);
            using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, width, gap: 1);
            using var gate = new QuantizedMatrix(random, kind, features, width);
            using var up = new QuantizedMatrix(random, kind, features, width);
            using TestMatrix result = TestMatrix.Empty(tokens, features, gap: 3);
            kernels.LinearSwiGlu(result.View, source.View, gate.View, up.View);
            string what = $"{kind} [{tokens}, {width}] x [{features}]";
            (double[,] z, double[,] zBound) = QuantizedProduct.Exact(source, gate);
            (double[,] value, double[,] bound) = QuantizedProduct.Exact(source, up);
            float[,] exactBits = QuantizedProduct.Contract(source, gate);
            float[,] upBits = QuantizedProduct.Contract(source, up);
            for (int t = 0; t < tokens; t++)
            {
                for (int n = 0; n < features; n++)
                {
                    // The slope of silu is below 1.1, so z's error passes on; up's error is scaled by silu. Seven roundings of exp and the division.
                    double silu = z[t, n] / (1 + Math.Exp(-z[t, n]));
                    double siluBound = 1.1 * zBound[t, n];
                    bound[t, n] = (siluBound * Math.Abs(value[t, n])) + (Math.Abs(silu) * bound[t, n]) + (siluBound * bound[t, n]);
                    value[t, n] *= silu;
                    bound[t, n] += (7 * Math.ScaleB(1, -24) * Math.Abs(value[t, n])) + 1e-37;
                    exactBits[t, n] = VectorMath.SwiGlu<ScalarOps, float>(exactBits[t, n], upBits[t, n]);
                }
            }

            Compare.Within(result.ToArray(), value, bound, what);
            if (!IsExact)
            {
                Compare.SameBits(result.ToArray(), exactBits, what);
            }
        }
    }

    [Test]
    public void Linear_RangeOfFusedRows_EqualsTheSameRowsOfAll([Values] WeightKind kind, [Values(1, 9)] int tokens)
    {
        using IKernels kernels = Backends.Create(backend);
        var random = new Random(3);
        using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, 70);
        using var weight = new QuantizedMatrix(random, kind, 75, 70);
        using TestMatrix all = TestMatrix.Empty(tokens, 75);
        using TestMatrix part = TestMatrix.Empty(tokens, 43);
        kernels.Linear(all.View, source.View, weight.View, TensorView.None, LinearEpilogue.None);
        kernels.Linear(part.View, source.View, weight.View.RowRange(32, 43), TensorView.None, LinearEpilogue.None);
        var expected = new float[tokens, 43];
        for (int t = 0; t < tokens; t++)
        {
            for (int n = 0; n < 43; n++)
            {
                expected[t, n] = all[t, n + 32];
            }
        }

        Compare.SameBits(part.ToArray(), expected, $"{kind}");
    }

    [Test]
    public void Linear_ExtremeInputs_KeepTheContract([Values] WeightKind kind, [Values(1, 5, 13)] int tokens)
    {
        using IKernels kernels = Backends.Create(backend);
        float[] numbers = [0, -0f, 1e-45f, 3e-37f, 4e-37f, 1, -1, 0.5f / 127, 1.5f / 127, -126.5f / 127, 1e30f, -1e30f];
        var random = new Random(tokens);
        using TestMatrix source = TestMatrix.Filled(DType.F32, tokens, 128, 0, (t, k) => k / 32 % 2 == 0 ? numbers[(t + (k / 32)) % numbers.Length] : numbers[random.Next(numbers.Length)]);
        using var weight = new QuantizedMatrix(random, kind, 20, 128);
        using TestMatrix result = TestMatrix.Empty(tokens, 20);
        kernels.Linear(result.View, source.View, weight.View, TensorView.None, LinearEpilogue.None);
        if (!IsExact)
        {
            Compare.SameBits(result.ToArray(), QuantizedProduct.Contract(source, weight), $"{kind}");
        }

        (double[,] value, double[,] bound) = QuantizedProduct.Exact(source, weight);
        for (int t = 0; t < tokens; t++)
        {
            for (int n = 0; n < 20; n++)
            {
                bound[t, n] += 1e-36; // Blocks of numbers below 3.8e-37 count as zeros.
            }
        }

        Compare.Within(result.ToArray(), value, bound, $"{kind}");
    }
}
