// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Tests;

/// <summary>The operations once more, on arrays in float64: what the reference kernels are judged by, too.</summary>
internal static class Naive
{
    public static (double[,] Value, double[,] Magnitude) Product(TestMatrix source, TestMatrix weight)
    {
        var value = new double[source.View.Rows, weight.View.Rows];
        var magnitude = new double[source.View.Rows, weight.View.Rows];
        float[,] x = source.ToArray();
        float[,] w = weight.ToArray();
        for (int t = 0; t < source.View.Rows; t++)
        {
            for (int n = 0; n < weight.View.Rows; n++)
            {
                for (int k = 0; k < source.View.Columns; k++)
                {
                    double term = (double)x[t, k] * w[n, k];
                    value[t, n] += term;
                    magnitude[t, n] += Math.Abs(term);
                }
            }
        }

        return (value, magnitude);
    }

    /// <summary>One head of one token over keys and values [first, last].</summary>
    public static (double[] Value, double[] Magnitude) Attend(float[] query, Func<int, double[]> key, Func<int, double[]> value, int first, int last, double scale)
    {
        double[] scores = [.. Enumerable.Range(first, last - first + 1).Select(p => scale * query.Zip(key(p), (a, b) => a * b).Sum())];
        double largest = scores.Max();
        double[] weights = [.. scores.Select(s => Math.Exp(s - largest))];
        double total = weights.Sum();
        var result = new double[query.Length];
        var magnitude = new double[query.Length];
        for (int j = 0; j < weights.Length; j++)
        {
            double[] row = value(first + j);
            for (int i = 0; i < row.Length; i++)
            {
                result[i] += weights[j] / total * row[i];
                magnitude[i] += weights[j] / total * Math.Abs(row[i]);
            }
        }

        return (result, magnitude);
    }
}
