// SPDX-License-Identifier: MIT
using System.Numerics;

namespace Phi4.Core.Weights.Quantization;

/// <summary>
/// How an error in one column of a matrix is best taken out again by the columns to its right, for inputs that go together as those of a text did.
/// </summary>
/// <remarks>
/// With the mean of x_i x_j over the text as H, the output's mean squared error for an error e of the weights is e H e. If column k is off by e_k and the
/// columns after it are free, the best they can do is to give way by e_k U[k, j] / U[k, k], where the upper triangular U has U^T U = H^-1, and
/// e_k^2 / U[k, k]^2 remains. (Hassibi and Stork 1993, optimal brain surgeon; Frantar et al. 2022, GPTQ.) Columns go in groups, each on its own, so that
/// memory and time grow with the width and not with its square; a hundredth of the mean of the diagonal is added to it.
/// </remarks>
internal sealed class InputCorrelation
{
    private const double Damping = 0.01;

    private readonly float[][] _spread;

    private InputCorrelation(float[][] spread, float[] costs)
    {
        _spread = spread;
        Costs = costs;
    }

    /// <summary>[H]: what an error in each column costs after the columns to its right have given way; mean 1.</summary>
    public float[] Costs { get; }

    /// <summary>From the second moments of the inputs.</summary>
    public static InputCorrelation Of(InputStatistics statistics, int threadCount)
    {
        IReadOnlyList<float[]> moments = statistics.Moments ?? throw new ArgumentException("There are no moments.", nameof(statistics));
        int columns = statistics.MeanSquares.Length;
        float[][] spread = new float[moments.Count][];
        double[] costs = new double[columns];
        double least = Math.Max(1e-30, Damping * statistics.MeanSquares.Average(value => (double)value));
        Parallel.For(0, moments.Count, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, threadCount) }, group =>
        {
            int start = group * InputStatistics.GroupSize;
            int n = Math.Min(InputStatistics.GroupSize, columns - start);
            spread[group] = Solve(moments[group], n, least, costs.AsSpan(start, n));
        });
        double mean = costs.Average();
        return new InputCorrelation(spread, [.. costs.Select(cost => (float)(cost / mean))]);
    }

    /// <summary>The group of a column: [n, n] rows of what is handed on, right of the diagonal.</summary>
    public float[] Group(int column) => _spread[column / InputStatistics.GroupSize];

    private static float[] Solve(float[] moments, int n, double damping, Span<double> costs)
    {
        double[] factor = new double[n * n];
        for (int i = 0; i < factor.Length; i++)
        {
            factor[i] = moments[i];
        }

        for (int i = 0; i < n; i++)
        {
            factor[(i * n) + i] += damping;
        }

        Factor(factor, n);
        double[] inverse = new double[n * n];
        float[] spread = new float[n * n];
        for (int i = n - 1; i >= 0; i--)
        {
            Span<double> row = inverse.AsSpan(i * n, n);
            for (int k = i + 1; k < n; k++)
            {
                Add(-factor[(i * n) + k], inverse.AsSpan((k * n) + k, n - k), row[k..]);
            }

            // U[i, j] / U[i, i] is the sum without the division by the factor's own diagonal.
            for (int j = i + 1; j < n; j++)
            {
                spread[(i * n) + j] = (float)row[j];
                row[j] /= factor[(i * n) + i];
            }

            row[i] = 1 / factor[(i * n) + i];
            costs[i] = factor[(i * n) + i] * factor[(i * n) + i];
        }

        return spread;
    }

    /// <summary>R in the upper triangle, R R^T being the matrix: Cholesky's method from the last row up.</summary>
    private static void Factor(double[] matrix, int n)
    {
        for (int i = n - 1; i >= 0; i--)
        {
            ReadOnlySpan<double> tail = matrix.AsSpan((i * n) + i + 1, n - i - 1);
            double diagonal = Math.Sqrt(matrix[(i * n) + i] - Dot(tail, tail));
            matrix[(i * n) + i] = diagonal;
            for (int j = 0; j < i; j++)
            {
                matrix[(j * n) + i] = (matrix[(j * n) + i] - Dot(matrix.AsSpan((j * n) + i + 1, n - i - 1), tail)) / diagonal;
            }
        }
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        Vector<double> sums = default;
        int i = 0;
        for (; i + Vector<double>.Count <= a.Length; i += Vector<double>.Count)
        {
            sums += new Vector<double>(a[i..]) * new Vector<double>(b[i..]);
        }

        double sum = Vector.Sum(sums);
        for (; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    private static void Add(double factor, ReadOnlySpan<double> source, Span<double> destination)
    {
        int i = 0;
        for (; i + Vector<double>.Count <= source.Length; i += Vector<double>.Count)
        {
            (new Vector<double>(destination[i..]) + (factor * new Vector<double>(source[i..]))).CopyTo(destination[i..]);
        }

        for (; i < source.Length; i++)
        {
            destination[i] += factor * source[i];
        }
    }
}
