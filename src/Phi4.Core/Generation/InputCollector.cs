// SPDX-License-Identifier: MIT
using System.Numerics;
using Phi4.Core.Weights.Quantization;

namespace Phi4.Core.Generation;

/// <summary>Adds up what <see cref="InputStatistics"/> says of one matrix's inputs.</summary>
internal sealed class InputCollector(int columns, int threadCount)
{
    private readonly float[][] _products = [.. Enumerable.Range(0, (columns + InputStatistics.GroupSize - 1) / InputStatistics.GroupSize)
        .Select(group => Width(columns, group)).Select(width => new float[width * width])];
    private long _tokens;

    /// <summary>Inputs of some tokens, [tokens, columns].</summary>
    public void Add(ReadOnlyMemory<float> inputs, int tokens)
    {
        _tokens += tokens;
        Parallel.For(0, columns, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, threadCount) }, column => AddColumn(inputs.Span, tokens, column));
    }

    /// <summary>The means so far.</summary>
    public InputStatistics Finish()
    {
        float scale = _tokens > 0 ? 1f / _tokens : 0;
        float[] squares = new float[columns];
        for (int group = 0; group < _products.Length; group++)
        {
            float[] products = _products[group];
            int n = Width(columns, group);
            for (int i = 0; i < n; i++)
            {
                for (int j = i; j < n; j++)
                {
                    products[(i * n) + j] *= scale;
                    products[(j * n) + i] = products[(i * n) + j];
                }

                squares[(group * InputStatistics.GroupSize) + i] = products[i * (n + 1)];
            }
        }

        return new InputStatistics(squares, _products);
    }

    private static int Width(int columns, int group) => Math.Min(InputStatistics.GroupSize, columns - (group * InputStatistics.GroupSize));

    /// <summary>The column's products with itself and those to its right in its group, tokens in order.</summary>
    private void AddColumn(ReadOnlySpan<float> inputs, int tokens, int column)
    {
        int group = column / InputStatistics.GroupSize;
        int start = group * InputStatistics.GroupSize;
        int n = Width(columns, group);
        int i = column - start;
        Span<float> sums = _products[group].AsSpan((i * n) + i, n - i);
        for (int t = 0; t < tokens; t++)
        {
            ReadOnlySpan<float> row = inputs.Slice((t * columns) + column, n - i);
            float factor = row[0];
            int k = 0;
            for (; k + Vector<float>.Count <= row.Length; k += Vector<float>.Count)
            {
                (new Vector<float>(sums[k..]) + (factor * new Vector<float>(row[k..]))).CopyTo(sums[k..]);
            }

            for (; k < row.Length; k++)
            {
                sums[k] += factor * row[k];
            }
        }
    }
}
