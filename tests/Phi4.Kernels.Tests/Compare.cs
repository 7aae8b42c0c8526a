// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4.Kernels.Tests;

/// <summary>Comparisons that report the first mismatch with its coordinate, both values and the neighbours.</summary>
internal static class Compare
{
    private const double UnitRoundoff = 1.0 / (1 << 24);

    /// <summary>Every value within <paramref name="roundings"/> * 2^-24 of the exact one, relative to <paramref name="magnitudes"/> (sums of |terms|).</summary>
    public static void Near(float[,] actual, double[,] expected, double[,] magnitudes, double roundings, string what)
        => Each(
            actual,
            (row, column) => expected[row, column],
            (row, column) => Math.Abs(actual[row, column] - expected[row, column]) <= (roundings * UnitRoundoff * magnitudes[row, column]) + 1e-37,
            what);

    /// <summary>Every value within its bound of the expected one.</summary>
    public static void Within(float[,] actual, double[,] expected, double[,] bounds, string what)
        => Each(
            actual,
            (row, column) => expected[row, column],
            (row, column) => Math.Abs(actual[row, column] - expected[row, column]) <= bounds[row, column],
            what);

    /// <summary>The same bits; all NaN count as one.</summary>
    public static void SameBits(float[,] actual, float[,] expected, string what)
    {
        Assert.That((actual.GetLength(0), actual.GetLength(1)), Is.EqualTo((expected.GetLength(0), expected.GetLength(1))), what);
        Each(
            actual,
            (row, column) => expected[row, column],
            (row, column) => BitConverter.SingleToInt32Bits(actual[row, column]) == BitConverter.SingleToInt32Bits(expected[row, column])
                || (float.IsNaN(actual[row, column]) && float.IsNaN(expected[row, column])),
            what);
    }

    private static void Each(float[,] actual, Func<int, int, double> expected, Func<int, int, bool> holds, string what)
    {
        for (int row = 0; row < actual.GetLength(0); row++)
        {
            for (int column = 0; column < actual.GetLength(1); column++)
            {
                if (!holds(row, column))
                {
                    IEnumerable<string> near = Enumerable.Range(column - 2, 5).Where(c => c >= 0 && c < actual.GetLength(1)).Select(
                        c => string.Create(CultureInfo.InvariantCulture, $"[{row},{c}] {actual[row, c]:R} (expected {expected(row, c):R})"));
                    Assert.Fail($"{what}: mismatch at [{row},{column}]; {string.Join(", ", near)}");
                }
            }
        }
    }
}
