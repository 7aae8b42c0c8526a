// SPDX-License-Identifier: MIT
using CsCheck;
using Phi4.Core.Weights.Quantization;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights.Quantization;

[TestFixture]
internal sealed class MatrixQuantizerTests
{
    private static readonly WeightFormat[] Formats = [WeightFormat.Int8, WeightFormat.Int4];

    [TestCaseSource(nameof(Formats))]
    public void Run_NormalWeights_LosesNoMoreThanTheFormatMust(WeightFormat format)
    {
        float[] values = Gaussian.Values(64 * 512, seed: 1);
        using QuantizedArray nearest = new(values, 512, format, ScaleChoice.Nearest);
        using QuantizedArray searched = new(values, 512, format);
        TestContext.Out.WriteLine($"{format}: relative rms error {nearest.Error.Relative:F5} to nearest, {searched.Error.Relative:F5} searched");
        Assert.Multiple(() =>
        {
            // A sixteen-level quantizer without scales of blocks could not get below 0.0975 on normal values (Max 1960).
            Assert.That(searched.Error.Relative, Is.LessThan(format == WeightFormat.Int8 ? 0.0049 : 0.0735));
            Assert.That(searched.Error.Relative, Is.LessThan(nearest.Error.Relative));
        });
    }

    [TestCaseSource(nameof(Formats))]
    public void Run_Error_IsThatOfTheStoredCodesAndScales(WeightFormat format)
    {
        float[] values = Gaussian.Values(37 * 80, seed: 2);
        using QuantizedArray quantized = new(values, 80, format);
        double[] back = quantized.Values();
        double squared = values.Zip(back, (a, b) => (a - b) * (a - b)).Sum();
        Assert.That(quantized.Error.SquaredError, Is.EqualTo(squared).Within(1e-4 * squared));
        Assert.That(quantized.Error.SquaredSum, Is.EqualTo(values.Sum(value => (double)value * value)).Within(1e-5).Percent);
    }

    [TestCaseSource(nameof(Formats))]
    public void Run_AnyWeightsAndCosts_NeverLosesMoreThanRoundingToNearest(WeightFormat format)
    {
        Gen<float> weight = Gen.OneOf(Gen.Float[-1, 1], Gen.Float[-1e-6f, 1e-6f], Gen.Float[-1e6f, 1e6f], Gen.Const(0f), Gen.Const(-0.5f));
        Gen.Select(weight.Array[32], Gen.Float[0, 10].Array[32]).Sample(
            (values, costs) =>
            {
                using QuantizedArray nearest = new(values, 32, format, ScaleChoice.Nearest, costs);
                using QuantizedArray searched = new(values, 32, format, ScaleChoice.Search, costs);
                double mean = costs.Average();
                double Loss(double[] back) => back.Select((value, i) => ((mean > 0 ? costs[i] / mean : 1) + 1e-3) * (value - values[i]) * (value - values[i])).Sum();
                return Loss(searched.Values()) <= Loss(nearest.Values()) * (1 + 1e-5);
            },
            iter: 2000);
    }

    [Test]
    public void Run_CostsOfColumns_MoveTheErrorToTheCheapOnes()
    {
        float[] values = Gaussian.Values(64 * 256, seed: 3);
        float[] costs = [.. Enumerable.Range(0, 256).Select(i => i % 4 == 0 ? 100f : 1f)];
        using QuantizedArray equal = new(values, 256, WeightFormat.Int4);
        using QuantizedArray weighted = new(values, 256, WeightFormat.Int4, importance: costs);
        double Loss(QuantizedArray array, int column) => array.Values().Select((value, i) => i % 4 == column ? Math.Pow(value - values[i], 2) : 0).Sum();
        Assert.That(Loss(weighted, 0), Is.LessThan(0.6 * Loss(equal, 0)));
        Assert.That(Loss(weighted, 1), Is.GreaterThan(Loss(equal, 1)));
    }

    [TestCaseSource(nameof(Formats))]
    public void Run_ZerosAndOneOutlier_KeepBoth(WeightFormat format)
    {
        float[] values = new float[17 * 48];
        values[(16 * 48) + 40] = -3;
        using QuantizedArray quantized = new(values, 48, format);
        Assert.Multiple(() =>
        {
            Assert.That(quantized.Values().Count(value => value != 0), Is.EqualTo(1));
            Assert.That(quantized.Value(16, 40), Is.EqualTo(-3).Within(format == WeightFormat.Int8 ? 0.1 : 1).Percent);
            Assert.That(quantized.Scales.Count(scale => scale != (Half)0), Is.EqualTo(1));
        });
    }

    [Test]
    public void Run_HeavyTails_GetATableOfTheirOwn()
    {
        // Student's t with three degrees of freedom: normal over the root of a mean of squares.
        float[] normal = Gaussian.Values(64 * 512, seed: 9);
        float[] others = Gaussian.Values(64 * 512 * 3, seed: 10);
        float[] values = [.. normal.Select((x, i) => x / MathF.Sqrt(((others[3 * i] * others[3 * i]) + (others[(3 * i) + 1] * others[(3 * i) + 1]) + (others[(3 * i) + 2] * others[(3 * i) + 2])) / 3))];
        using QuantizedArray quantized = new(values, 512, WeightFormat.Int4);
        TestContext.Out.WriteLine($"relative rms error {quantized.Error.Relative:F5}, table {quantized.View.Table}");
        Assert.That(quantized.View.Table, Is.Not.EqualTo(Int4Table.Values));
        Assert.That(quantized.Error.Relative, Is.LessThan(0.09), "0.098 with the common table");
    }

    [TestCaseSource(nameof(Formats))]
    public void Run_InputsThatGoTogether_LoseLessOfTheOutput(WeightFormat format)
    {
        // Inputs of 96 columns from 24 hidden ones and some noise of their own.
        const int Columns = 96, Tokens = 4000;
        float[] mixing = Gaussian.Values(24 * Columns, seed: 11);
        float[] hidden = Gaussian.Values(24 * Tokens, seed: 12);
        float[] noise = Gaussian.Values(Columns * Tokens, seed: 13);
        float[] moments = new float[Columns * Columns];
        for (int t = 0; t < Tokens; t++)
        {
            float[] x = [.. Enumerable.Range(0, Columns).Select(i => (0.3f * noise[(t * Columns) + i]) + Enumerable.Range(0, 24).Sum(j => mixing[(j * Columns) + i] * hidden[(t * 24) + j]))];
            for (int i = 0; i < moments.Length; i++)
            {
                moments[i] += x[i / Columns] * x[i % Columns] / Tokens;
            }
        }

        float[] values = Gaussian.Values(48 * Columns, seed: 14);
        float[] squares = [.. Enumerable.Range(0, Columns).Select(i => moments[i * (Columns + 1)])];
        using QuantizedArray plain = new(values, Columns, format, importance: squares);
        using QuantizedArray feedback = new(values, Columns, format, moments: [moments]);
        double Loss(QuantizedArray array)
        {
            double[] error = [.. array.Values().Zip(values, (a, b) => a - b)];
            return Enumerable.Range(0, 48).Sum(row => Enumerable.Range(0, moments.Length).Sum(i => error[(row * Columns) + (i / Columns)] * moments[i] * error[(row * Columns) + (i % Columns)]));
        }

        TestContext.Out.WriteLine($"{format}: output error {Math.Sqrt(Loss(feedback) / Loss(plain)):F3} of that without feedback");
        Assert.That(Loss(feedback), Is.LessThan(0.4 * Loss(plain)));
        using QuantizedArray again = new(values, Columns, format, moments: [moments], threadCount: 1);
        Assert.That(again.Blocks, Is.EqualTo(feedback.Blocks).AsCollection);
    }

    [Test]
    public void Run_Int8_NeverUsesMinus128AndNoNegativeScale()
    {
        using QuantizedArray quantized = new(Gaussian.Values(64 * 64, seed: 5), 64, WeightFormat.Int8);
        Assert.That(Enumerable.Range(0, 64 * 64).Select(i => (sbyte)quantized.Code(i / 64, i % 64)), Has.None.EqualTo(sbyte.MinValue));
        Assert.That(quantized.Scales, Has.All.GreaterThanOrEqualTo((Half)0));
    }

    [TestCaseSource(nameof(Formats))]
    public void Run_AnyThreadCount_GivesTheSameBits(WeightFormat format)
    {
        float[] values = Gaussian.Values(200 * 96, seed: 6);
        using QuantizedArray one = new(values, 96, format, threadCount: 1);
        using QuantizedArray four = new(values, 96, format, threadCount: 4);
        Assert.That(four.Blocks, Is.EqualTo(one.Blocks).AsCollection);
    }

    [TestCase(float.NaN, "w[18, 5]")]
    [TestCase(float.PositiveInfinity, "w[18, 5]")]
    [TestCase(float.NegativeInfinity, "w[18, 5]")]
    [TestCase(9e6f, "w[18, 5]")]
    public void Run_AWeightThatNoScaleCovers_IsRefusedWithItsPlace(float bad, string place)
    {
        float[] values = new float[40 * 40];
        values[(18 * 40) + 5] = bad;
        foreach (WeightFormat format in Formats)
        {
            ModelFormatException error = Assert.Throws<ModelFormatException>(() => new QuantizedArray(values, 40, format).Dispose())!;
            Assert.That(error.Item, Is.EqualTo(place));
        }
    }

    [TestCaseSource(nameof(Formats))]
    public void Run_TheLargestWeightThatAScaleCovers_StaysFinite(WeightFormat format)
    {
        float[] values = [.. Enumerable.Repeat(127 * 65504f, 32)];
        using QuantizedArray quantized = new(values, 32, format);
        Assert.That(quantized.Values(), Has.All.EqualTo(127 * 65504d).Within(0.2).Percent);
    }
}
