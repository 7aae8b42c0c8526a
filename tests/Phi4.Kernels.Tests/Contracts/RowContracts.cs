// SPDX-License-Identifier: MIT
using Phi4.TestSupport;

namespace Phi4.Kernels.Tests.Contracts;

/// <summary>Embed, GatherRows, RmsNorm, Argmax.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.AndCuda))]
public sealed class RowContracts(string backend)
{
    private static readonly int[] Widths = [1, 2, 7, 16, 17, 31, 33, 96, 128, 448, 511];

    private static readonly DType[] WeightTypes = [DType.F32, DType.BF16, DType.F16];

    [Test]
    public void Embed_AnyType_WidensExactly([ValueSource(nameof(WeightTypes))] DType dtype, [ValueSource(nameof(Widths))] int width)
    {
        using IKernels kernels = Backends.Create(backend);
        using TestMatrix table = TestMatrix.Random(new Random(3), dtype, 9, width, gap: 1);
        using TestMatrix ids = TestMatrix.Ints(8, 0, 3, 3);
        using TestMatrix result = TestMatrix.Empty(4, width, gap: 2);
        kernels.Embed(result.View, table.View, ids.View);
        Compare.SameBits(result.ToArray(), Rows(table, 8, 0, 3, 3), "embedding");
    }

    [Test]
    public void GatherRows_AnyOrder_Copies()
    {
        using IKernels kernels = Backends.Create(backend);
        using TestMatrix source = TestMatrix.Random(new Random(3), DType.F32, 9, 33, gap: 1);
        using TestMatrix rows = TestMatrix.Ints(7, 2, 2);
        using TestMatrix result = TestMatrix.Empty(3, 33, gap: 2);
        kernels.GatherRows(result.View, source.View, rows.View);
        Compare.SameBits(result.ToArray(), Rows(source, 7, 2, 2), "rows");
    }

    [Test]
    public void RmsNorm_AnyWidth_IsNearTheExactValue([ValueSource(nameof(Widths))] int width, [ValueSource(nameof(WeightTypes))] DType dtype)
    {
        using IKernels kernels = Backends.Create(backend);
        using TestMatrix source = TestMatrix.Random(new Random(width), DType.F32, 3, width, gap: 1, scale: 30);
        using TestMatrix weight = TestMatrix.Random(new Random(1), dtype, 1, width);
        using TestMatrix result = TestMatrix.Empty(3, width, gap: 1);
        kernels.RmsNorm(result.View, source.View, weight.View, 1e-5f);
        var expected = new double[3, width];
        var magnitude = new double[3, width];
        for (int t = 0; t < 3; t++)
        {
            double squares = Enumerable.Range(0, width).Sum(i => (double)source[t, i] * source[t, i]);
            for (int i = 0; i < width; i++)
            {
                expected[t, i] = source[t, i] / Math.Sqrt((squares / width) + 1e-5f) * weight[0, i];
                magnitude[t, i] = Math.Abs(expected[t, i]);
            }
        }

        Compare.Near(result.ToArray(), expected, magnitude, (width / 32.0) + 8, $"width {width}");
    }

    [Test]
    public void RmsNorm_InPlace_GivesTheSame()
    {
        using IKernels kernels = Backends.Create(backend);
        using TestMatrix source = TestMatrix.Random(new Random(1), DType.F32, 4, 50);
        using TestMatrix weight = TestMatrix.Random(new Random(2), DType.BF16, 1, 50);
        using TestMatrix result = TestMatrix.Empty(4, 50);
        kernels.RmsNorm(result.View, source.View, weight.View, 1e-6f);
        kernels.RmsNorm(source.View, source.View, weight.View, 1e-6f);
        Compare.SameBits(source.ToArray(), result.ToArray(), "in place");
    }

    [TestCase(new[] { 3f, 5f, 5f, 1f }, 1)]
    [TestCase(new[] { float.NaN, -2f, float.NaN, -1f }, 3)]
    [TestCase(new[] { float.NaN, float.NaN }, 0)]
    [TestCase(new[] { float.NaN, float.NegativeInfinity }, 1)]
    [TestCase(new[] { 1f, float.PositiveInfinity, float.PositiveInfinity }, 1)]
    [TestCase(new[] { -0f, 0f }, 0)]
    public void Argmax_TiesAndNaN_GiveTheLowestNumber(float[] values, int expected)
    {
        using IKernels kernels = Backends.Create(backend);
        foreach (int padding in new[] { 0, 5, 16, 40 })
        {
            // NaN behind: whole vectors, and ends of them, without a candidate.
            using TestMatrix logits = TestMatrix.Filled(DType.F32, 1, values.Length + padding, 0, (_, i) => i < values.Length ? values[i] : float.NaN);
            using TestMatrix result = TestMatrix.Ints(-7);
            kernels.Argmax(result.View, logits.View);
            Assert.That(result[0, 0], Is.EqualTo((float)expected), $"padding {padding}");
        }
    }

    [Test]
    public void Argmax_EveryPlace_IsFound()
    {
        using IKernels kernels = Backends.Create(backend);
        using TestMatrix logits = TestMatrix.Filled(DType.F32, 511, 511, 3, (row, column) => row == column ? 2 : column % 2);
        using TestMatrix result = TestMatrix.Ints(new int[511]);
        kernels.Argmax(result.View, logits.View);
        Assert.That(Enumerable.Range(0, 511).Select(i => (int)result[0, i]), Is.EqualTo(Enumerable.Range(0, 511)));
    }

    private static float[,] Rows(TestMatrix source, params int[] rows)
    {
        var values = new float[rows.Length, source.View.Columns];
        for (int row = 0; row < rows.Length; row++)
        {
            for (int column = 0; column < source.View.Columns; column++)
            {
                values[row, column] = source[rows[row], column];
            }
        }

        return values;
    }
}
