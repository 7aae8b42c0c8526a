// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels;

namespace Phi4.Core.Weights.Quantization;

/// <summary>
/// Encodes a block of a tile column by column, each column's error taken out again through the columns to its right, as far as the inputs of the two go
/// together: <see cref="InputCorrelation"/> says how far.
/// </summary>
internal readonly unsafe ref struct FeedbackEncoder<TBook>
    where TBook : struct, ICodebook
{
    private const int Inputs = BlockLayout.BlockSize;

    private readonly TBook _book;
    private readonly Vector512<float>* _work;
    private readonly float* _spread;
    private readonly int _stride;
    private readonly float* _costs;
    private readonly int _count;

    /// <param name="book">The values of codes.</param>
    /// <param name="work">32 inputs of sixteen rows, as the errors to their left have left them.</param>
    /// <param name="spread">What each column of the block, a row here, hands on to each of the block and those after it.</param>
    /// <param name="stride">From one row of <paramref name="spread"/> to the next.</param>
    /// <param name="costs">What an error costs once it is spread.</param>
    /// <param name="count">Inputs that count.</param>
    public FeedbackEncoder(TBook book, Vector512<float>* work, float* spread, int stride, float* costs, int count)
    {
        _book = book;
        _work = work;
        _spread = spread;
        _stride = stride;
        _costs = costs;
        _count = count;
    }

    // A scale that is good for rounding to nearest isn't always the best one here: its neighbours are tried too.
    private static ReadOnlySpan<float> Stretches => [0.93f, 0.96f, 0.98f, 1.02f, 1.04f, 1.07f];

    /// <summary>The best scale, row by row, of the given one and its neighbours.</summary>
    public Vector512<float> Choose(Vector512<float> scale)
    {
        Vector512<float> best = scale;
        Vector512<float> least = Cost(scale);
        foreach (float stretch in Stretches)
        {
            Vector512<float> other = BlockEncoder<TBook>.RoundToHalf(scale * stretch);
            Vector512<float> cost = Cost(other);
            Vector512<float> isBetter = Vector512.LessThan(cost, least);
            best = Vector512.ConditionalSelect(isBetter, other, best);
            least = Vector512.ConditionalSelect(isBetter, cost, least);
        }

        return best;
    }

    /// <summary>Writes the codes, and hands the errors on to the columns from the block's end to the group's.</summary>
    /// <param name="scale">A scale for each row.</param>
    /// <param name="codes">The block's codes.</param>
    /// <param name="values">[32]: what the codes are worth.</param>
    /// <param name="after">Columns of the group after this block.</param>
    public void Encode(Vector512<float> scale, byte* codes, Vector512<float>* values, int after)
    {
        Vector512<float>* scaled = stackalloc Vector512<float>[Inputs];
        Vector512<float>* errors = stackalloc Vector512<float>[Inputs];
        Vector512<float> inverse = BlockEncoder<TBook>.Inverse(scale);
        for (int k = 0; k < Inputs; k++)
        {
            scaled[k] = _work[k] * inverse;
            values[k] = _book.Nearest(scaled[k]) * scale;
            errors[k] = _work[k] - values[k];
            if (k < _count)
            {
                Spread(_work, k, errors[k]);
            }
        }

        _book.Pack(scaled, codes);
        for (int j = Inputs; j < Inputs + after; j++)
        {
            Vector512<float> column = _work[j];
            for (int k = 0; k < Inputs; k++)
            {
                column -= errors[k] * _spread[((long)k * _stride) + j];
            }

            _work[j] = column;
        }
    }

    private Vector512<float> Cost(Vector512<float> scale)
    {
        Vector512<float>* column = stackalloc Vector512<float>[Inputs];
        new ReadOnlySpan<Vector512<float>>(_work, Inputs).CopyTo(new Span<Vector512<float>>(column, Inputs));
        Vector512<float> inverse = BlockEncoder<TBook>.Inverse(scale);
        Vector512<float> sum = default;
        for (int k = 0; k < _count; k++)
        {
            Vector512<float> error = column[k] - (_book.Nearest(column[k] * inverse) * scale);
            sum += error * error * _costs[k];
            Spread(column, k, error);
        }

        return sum;
    }

    private void Spread(Vector512<float>* column, int k, Vector512<float> error)
    {
        float* row = _spread + ((long)k * _stride);
        for (int j = k + 1; j < _count; j++)
        {
            column[j] -= error * row[j];
        }
    }
}
