// SPDX-License-Identifier: MIT
using Phi4.TestSupport;

namespace Phi4.Kernels.Tests.Cpu;

/// <summary>Rule 20 for quantized weights: the same bits for any batch, thread count, vector width and route; bad numbers stay in their rows.</summary>
public sealed class QuantizedSameBitsTests
{
    private static readonly string[] Names = [.. Backends.Names.Where(name => name != "reference")];

    [Test]
    public void AnyBackendAndThreadCount_GivesTheSameBits([Values] WeightKind kind, [ValueSource(nameof(Names))] string backend, [Values(1, 2, 5)] int threads)
    {
        using IKernels one = Backends.Create("cpu-256", 1);
        using IKernels other = Backends.Create(backend, threads);
        foreach ((int tokens, int width, int features) in new[] { (1, 448, 611), (3, 1030, 97), (8, 448, 311), (33, 460, 131), (200, 96, 67) })
        {
            Compare.SameBits(Run(other, kind, tokens, width, features, isGated: false), Run(one, kind, tokens, width, features, isGated: false), $"{tokens} tokens");
            Compare.SameBits(Run(other, kind, tokens, width, features, isGated: true), Run(one, kind, tokens, width, features, isGated: true), $"{tokens} tokens, gated");
        }
    }

    [Test]
    public void RowsAloneOrTogether_GiveTheSameBits([Values] WeightKind kind, [ValueSource(nameof(Names))] string backend, [Values] bool isGated)
    {
        using IKernels kernels = Backends.Create(backend);
        const int most = 200, width = 1050, features = 37;
        var random = new Random(4);
        using TestMatrix source = TestMatrix.Random(random, DType.F32, most, width, gap: 1);
        using var weight = new QuantizedMatrix(random, kind, features, width);
        using var up = new QuantizedMatrix(random, kind, features, width);
        using TestMatrix alone = TestMatrix.Empty(most, features);
        using TestMatrix together = TestMatrix.Empty(most, features);
        for (int t = 0; t < most; t++)
        {
            Multiply(kernels, alone.View.RowRange(t, 1), source.View.RowRange(t, 1), weight.View, isGated ? up.View : default);
        }

        foreach (int count in Enumerable.Range(1, 20).Append(most))
        {
            Multiply(kernels, together.View.RowRange(0, count), source.View.RowRange(0, count), weight.View, isGated ? up.View : default);
            Compare.SameBits(together.CopyRows(0, count).ToArray(), alone.CopyRows(0, count).ToArray(), $"{count} tokens");
        }
    }

    [Test]
    public void BadNumbers_MakeTheirRowNaNAndNoOther([Values] WeightKind kind, [ValueSource(nameof(Names))] string backend, [Values(1, 6, 14)] int tokens)
    {
        using IKernels kernels = Backends.Create(backend);
        foreach (float poison in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            var random = new Random(8);
            using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, 150);
            using var weight = new QuantizedMatrix(random, kind, 35, 150);
            using TestMatrix clean = TestMatrix.Empty(tokens, 35);
            using TestMatrix result = TestMatrix.Empty(tokens, 35);
            Multiply(kernels, clean.View, source.View, weight.View, default);
            source[tokens / 2, 77] = poison;
            Multiply(kernels, result.View, source.View, weight.View, default);
            for (int t = 0; t < tokens; t++)
            {
                for (int n = 0; n < 35; n++)
                {
                    Assert.That(result[t, n], Is.EqualTo(t == tokens / 2 ? float.NaN : clean[t, n]), $"{poison} [{t}, {n}]");
                }
            }
        }
    }

    [Test]
    public void Steps_AfterWarmUp_AllocateNothing([ValueSource(nameof(Names))] string backend)
    {
        using IKernels kernels = Backends.Create(backend);
        using TestMatrix source = TestMatrix.Random(new Random(1), DType.F32, 9, 448);
        using TestMatrix result = TestMatrix.Empty(9, 448);
        using var int8 = new QuantizedMatrix(new Random(2), WeightKind.EightBits, 448, 448);
        using var int4 = new QuantizedMatrix(new Random(2), WeightKind.FourBits, 448, 448);
        long allocated = long.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int count = 1; count <= 9; count++)
            {
                Multiply(kernels, result.View.RowRange(0, count), source.View.RowRange(0, count), int8.View, default);
                Multiply(kernels, result.View.RowRange(0, count), source.View.RowRange(0, count), int4.View, int4.View);
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.That(allocated, Is.EqualTo(0));
    }

    private static float[,] Run(IKernels kernels, WeightKind kind, int tokens, int width, int features, bool isGated)
    {
        var random = new Random(width);
        using TestMatrix source = TestMatrix.Random(random, DType.F32, tokens, width);
        using var weight = new QuantizedMatrix(random, kind, features, width);
        using var up = new QuantizedMatrix(random, kind, features, width);
        using TestMatrix result = TestMatrix.Empty(tokens, features);
        Multiply(kernels, result.View, source.View, weight.View, isGated ? up.View : default);
        return result.ToArray();
    }

    private static void Multiply(IKernels kernels, TensorView destination, TensorView source, WeightView weight, WeightView up)
    {
        if (up.IsNone)
        {
            kernels.Linear(destination, source, weight, TensorView.None, LinearEpilogue.None);
        }
        else
        {
            kernels.LinearSwiGlu(destination, source, weight, up);
        }
    }
}
