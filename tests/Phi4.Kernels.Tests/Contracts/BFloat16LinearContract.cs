// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu;
using Phi4.TestSupport;

namespace Phi4.Kernels.Tests.Contracts;

/// <summary>BF16 weights times activations rounded to BF16: every bit of the sum that docs/numerics.md describes.</summary>
[TestFixture("cpu-machine")]
[TestFixture("cpu-512")]
[TestFixture("cpu-256")]
[TestFixture("cpu-128")]
[TestFixture("cpu-scalar")]
internal sealed class BFloat16LinearContract(string backend)
{
    private static readonly int[] TokenCounts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 33, 50];

    private static readonly (int Width, int Features)[] Shapes =
        [(1, 1), (2, 7), (31, 6), (32, 25), (33, 24), (64, 49), (100, 97), (447, 13), (5119, 5), (5153, 26), (10_300, 7)];

    // docs/numerics.md: machine code takes what is smaller than any normal number as zero.
    private bool Flushes => backend == "cpu-machine" && CpuKernels.WhyNoBFloat16MachineCode is null;

    [Test]
    public void Linear_AnyShape_GivesTheContractsBits([ValueSource(nameof(TokenCounts))] int tokens)
    {
        using IKernels kernels = Backends.Create(backend);
        foreach ((int width, int features) in Shapes)
        {
            var random = new Random(width + tokens);
            using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, width, gap: width % 3);
            using TestMatrix weight = TestMatrix.Random(random, DType.BF16, features, width, gap: width % 2);
            AssertContract(kernels, source, weight, $"[{tokens}, {width}] x [{features}]");
        }
    }

    [Test]
    public void Linear_NumbersBeyondFinite_GiveTheContractsBits([Values(1, 5, 30)] int tokens)
    {
        using IKernels kernels = Backends.Create(backend);
        float[] special = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, -float.MaxValue, 0, -0f, 3.3961775e38f];
        var random = new Random(tokens);
        using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, 97);
        using TestMatrix weight = TestMatrix.Random(random, DType.BF16, 19, 97);
        for (int i = 0; i < 20; i++)
        {
            source[random.Next(tokens), random.Next(97)] = special[random.Next(special.Length)];
            weight[random.Next(19), random.Next(97)] = special[random.Next(special.Length)];
        }

        AssertContract(kernels, source, weight, "special numbers");
    }

    [Test]
    public void Linear_NumbersBelowNormal_GiveTheContractsBits([Values(1, 5, 30)] int tokens)
    {
        using IKernels kernels = Backends.Create(backend);
        foreach (float scale in new[] { 1e-17f, 1e-18f, 1e-19f, 3e-20f })
        {
            var random = new Random(tokens);
            using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, 70, scale: scale);
            using TestMatrix weight = TestMatrix.Random(random, DType.BF16, 11, 70, scale: scale);
            source[0, 3] = 1e-39f;
            weight[0, 5] = -1e-39f;
            source[0, 5] = weight[1, 3] = 1e10f;
            AssertContract(kernels, source, weight, $"{scale} * {scale}");
        }
    }

    [Test]
    public void LinearSwiGlu_AnyShape_IsTheGateOfTheContractsSums([ValueSource(nameof(TokenCounts))] int tokens)
    {
        using IKernels kernels = Backends.Create(backend);
        foreach ((int width, int features) in Shapes)
        {
            var random = new Random(width + tokens);
            using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, width);
            using TestMatrix gate = TestMatrix.Random(random, DType.BF16, features, width, gap: 1);
            using TestMatrix up = TestMatrix.Random(random, DType.BF16, features, width);
            using TestMatrix result = TestMatrix.Empty(tokens, features);
            kernels.LinearSwiGlu(result.View, source.View, gate.View, up.View);
            float[,] gates = BFloat16Product.Of(source, gate, Flushes), ups = BFloat16Product.Of(source, up, Flushes);
            var expected = new float[tokens, features];
            for (int t = 0; t < tokens; t++)
            {
                for (int n = 0; n < features; n++)
                {
                    expected[t, n] = VectorMath.SwiGlu<ScalarOps, float>(gates[t, n], ups[t, n]);
                }
            }

            Compare.SameBits(result.ToArray(), expected, $"[{tokens}, {width}] x [{features}]");
        }
    }

    private void AssertContract(IKernels kernels, TestMatrix source, TestMatrix weight, string what)
    {
        using TestMatrix result = TestMatrix.Empty(source.View.Rows, weight.View.Rows, gap: 1);
        kernels.Linear(result.View, source.View, weight.View, TensorView.None, LinearEpilogue.None);
        Compare.SameBits(result.ToArray(), BFloat16Product.Of(source, weight, Flushes), $"{backend}, {what}");
    }
}
