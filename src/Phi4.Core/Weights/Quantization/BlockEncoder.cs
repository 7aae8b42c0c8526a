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
internal unsafe ref struct BlockEncoder<TBook>
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

    /// <summary>Chooses scales, writes them and the codes, and adds up what was lost, as it is and weighted.</summary>
    public readonly void Encode(ScaleChoice choice, byte* codes, Half* scales, ref Vector512<float> squaredError, ref Vector512<float> weightedError)
    {
        Vector512<float> extreme = Extreme();
        Vector512<float> scale = RoundToHalf(extreme / _book.Targets[0], scales);
        if (choice == ScaleChoice.Search)
        {
            Vector512<float> searched = RoundToHalf(Search(extreme), scales);
            Vector512<float> isBetter = Vector512.LessThan(Error(searched, weighted: true), Error(scale, weighted: true));
            scale = RoundToHalf(Vector512.ConditionalSelect(isBetter, searched, scale), scales);
        }

        squaredError += Error(scale, weighted: false);
        weightedError += Error(scale, weighted: true);
        Vector512<float> inverse = Inverse(scale);
        Vector512<float>* scaled = stackalloc Vector512<float>[Inputs];
        for (int k = 0; k < Inputs; k++)
        {
            scaled[k] = _x[k] * inverse;
        }

        _book.Pack(scaled, codes);
    }

    /// <summary>The value of largest magnitude; its sign matters to a book that isn't symmetric.</summary>
    private readonly Vector512<float> Extreme()
    {
        Vector512<float> extreme = _x[0];
        for (int k = 1; k < Inputs; k++)
        {
            extreme = Vector512.ConditionalSelect(Vector512.GreaterThan(Vector512.Abs(_x[k]), Vector512.Abs(extreme)), _x[k], extreme);
        }

        return _book.IsSymmetric ? Vector512.Abs(extreme) : extreme;
    }

    private readonly Vector512<float> Search(Vector512<float> extreme)
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

    private readonly void Try(Vector512<float> inverse, ref Vector512<float> best, ref Vector512<float> bestSaving)
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

    private readonly Vector512<float> Error(Vector512<float> scale, bool weighted)
    {
        Vector512<float> inverse = Inverse(scale);
        Vector512<float> sum = default;
        for (int k = 0; k < _count; k++)
        {
            Vector512<float> error = _x[k] - (_book.Nearest(_x[k] * inverse) * scale);
            sum += error * error * (weighted ? _w[k] : 1);
        }

        return sum;
    }

    /// <summary>0 where there is nothing to divide by: every code is then the one nearest to 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Inverse(Vector512<float> value) =>
        Vector512.ConditionalSelect(Vector512.Equals(value, Vector512<float>.Zero), Vector512<float>.Zero, Vector512<float>.One / value);

    private static Vector512<float> RoundToHalf(Vector512<float> scale, Half* scales)
    {
        Vector512<float> rounded = default;
        for (int row = 0; row < BlockLayout.TileRows; row++)
        {
            scales[row] = (Half)scale[row];
            rounded = rounded.WithElement(row, (float)scales[row]);
        }

        return rounded;
    }
}
