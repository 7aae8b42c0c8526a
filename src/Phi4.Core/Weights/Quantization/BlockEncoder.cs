// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Phi4.Kernels;

namespace Phi4.Core.Weights.Quantization;

/// <summary>
/// Encodes a block of a tile: 32 inputs of sixteen rows, one row a lane, each with a scale of its own.
/// </summary>
/// <remarks>
/// Minimises, row by row, sum of w (x - scale * code)^2 over codes and an F16 scale. For each of the codebook's targets the scale that puts the extreme there
/// gives codes by rounding; for those codes the best scale is sum(w x c) / sum(w c^2) and what it saves is sum(w x c)^2 / sum(w c^2). The most saving scale
/// is refined by rounding and fitting again, then rounded to F16, and kept only if it beats the first target's.
/// </remarks>
internal readonly unsafe ref struct BlockEncoder<TBook>
    where TBook : struct, ICodebook
{
    private const int Inputs = BlockLayout.BlockSize;
    private const int Refinements = 2;

    private readonly TBook _book;
    private readonly Vector512<float>* _x;
    private readonly float* _w;
    private readonly int _count;

    /// <param name="book">The values of codes.</param>
    /// <param name="x">32 inputs of sixteen rows.</param>
    /// <param name="w">The weight of each input's error; not negative.</param>
    /// <param name="count">Inputs that count; those past the matrix's last column are 0 and may become anything.</param>
    public BlockEncoder(TBook book, Vector512<float>* x, float* w, int count)
    {
        _book = book;
        _x = x;
        _w = w;
        _count = count;
    }

    /// <summary>A scale for each row, such as F16 can say.</summary>
    public Vector512<float> Choose(ScaleChoice choice)
    {
        Vector512<float> extreme = Extreme();
        Vector512<float> nearest = RoundToHalf(extreme / _book.Targets[0]);
        if (choice == ScaleChoice.Nearest)
        {
            return nearest;
        }

        Vector512<float> searched = RoundToHalf(Search(extreme));
        return Vector512.ConditionalSelect(Vector512.LessThan(Error(searched), Error(nearest)), searched, nearest);
    }

    /// <summary>Writes the codes that rounding to nearest gives with these scales, and what they are worth.</summary>
    public void Pack(Vector512<float> scale, byte* codes, Vector512<float>* values)
    {
        Vector512<float> inverse = Inverse(scale);
        Vector512<float>* scaled = stackalloc Vector512<float>[Inputs];
        for (int k = 0; k < Inputs; k++)
        {
            scaled[k] = _x[k] * inverse;
            values[k] = _book.Nearest(scaled[k]) * scale;
        }

        _book.Pack(scaled, codes);
    }

    /// <summary>The weighted squared error of rounding to nearest with these scales.</summary>
    public Vector512<float> Error(Vector512<float> scale)
    {
        Vector512<float> inverse = Inverse(scale);
        Vector512<float> sum = default;
        for (int k = 0; k < _count; k++)
        {
            Vector512<float> error = _x[k] - (_book.Nearest(_x[k] * inverse) * scale);
            sum += error * error * _w[k];
        }

        return sum;
    }

    /// <summary>0 where there is nothing to divide by: every code is then the one nearest to 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Inverse(Vector512<float> value) =>
        Vector512.ConditionalSelect(Vector512.Equals(value, Vector512<float>.Zero), Vector512<float>.Zero, Vector512<float>.One / value);

    /// <summary>Each scale as F16 will hold it.</summary>
    public static Vector512<float> RoundToHalf(Vector512<float> scale)
    {
        Vector512<float> rounded = default;
        for (int row = 0; row < BlockLayout.TileRows; row++)
        {
            rounded = rounded.WithElement(row, (float)(Half)scale[row]);
        }

        return rounded;
    }

    /// <summary>The value of largest magnitude; its sign matters to a book that isn't symmetric.</summary>
    private Vector512<float> Extreme()
    {
        Vector512<float> extreme = _x[0];
        for (int k = 1; k < Inputs; k++)
        {
            extreme = Vector512.ConditionalSelect(Vector512.GreaterThan(Vector512.Abs(_x[k]), Vector512.Abs(extreme)), _x[k], extreme);
        }

        return _book.IsSymmetric ? Vector512.Abs(extreme) : extreme;
    }

    private Vector512<float> Search(Vector512<float> extreme)
    {
        Vector512<float> inverseExtreme = Inverse(extreme);
        Vector512<float> best = default;
        Vector512<float> bestSaving = default;
        foreach (float target in _book.Targets)
        {
            Try(inverseExtreme * target, ref best, ref bestSaving);
        }

        for (int i = 0; i < Refinements; i++)
        {
            Try(Inverse(best), ref best, ref bestSaving);
        }

        return best;
    }

    private void Try(Vector512<float> inverse, ref Vector512<float> best, ref Vector512<float> bestSaving)
    {
        Vector512<float> product = default;
        Vector512<float> square = default;
        for (int k = 0; k < _count; k++)
        {
            Vector512<float> code = _book.Nearest(_x[k] * inverse);
            Vector512<float> weighted = code * _w[k];
            product += weighted * _x[k];
            square += weighted * code;
        }

        // Both are 0 where all codes are: NaN, which is better than nothing.
        Vector512<float> scale = product / square;
        Vector512<float> saving = product * scale;
        Vector512<float> isBetter = Vector512.GreaterThan(saving, bestSaving);
        best = Vector512.ConditionalSelect(isBetter, scale, best);
        bestSaving = Vector512.ConditionalSelect(isBetter, saving, bestSaving);
    }
}
