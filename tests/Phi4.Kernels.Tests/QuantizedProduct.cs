// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu;

namespace Phi4.Kernels.Tests;

/// <summary>The quantized product of docs/numerics.md once more, one number at a time, and how far it may be from the exact one.</summary>
internal static class QuantizedProduct
{
    private const int BlockSize = 32;

    /// <summary>source * weight^T with activations rounded to signed bytes, bit for bit.</summary>
    public static float[,] Contract(TestMatrix source, QuantizedMatrix weight)
    {
        var result = new float[source.View.Rows, weight.View.Rows];
        for (int t = 0; t < source.View.Rows; t++)
        {
            (float[] scales, int[] codes) = Quantize(source, t);
            for (int n = 0; n < weight.View.Rows; n++)
            {
                float sum = 0;
                for (int block = 0; block < scales.Length; block++)
                {
                    int dot = 0, codeSum = 0;
                    for (int k = block * BlockSize; k < Math.Min((block + 1) * BlockSize, source.View.Columns); k++)
                    {
                        dot += weight.Value(n, k) * codes[k];
                        codeSum += codes[k];
                    }

                    sum = MultiplyAdd(dot, weight.Scale(n, block * BlockSize) * scales[block], sum);
                    if (weight.View.HasOffsets)
                    {
                        sum = MultiplyAdd(weight.Offset(n, block * BlockSize), scales[block] * codeSum, sum);
                    }
                }

                result[t, n] = sum;
            }
        }

        return result;
    }

    /// <summary>The exact product, and how far from it the contract may be.</summary>
    /// <remarks>
    /// An activation is off by at most half a step, s / 2, and by what rounding x * (127 / max) twice moves it across a tie: 127 * 2^-23 steps. Then each of
    /// the sum's two or four roundings a block is of at most 2^-24 of the sum of |terms|, the scale of the block being off by two.
    /// </remarks>
    public static (double[,] Value, double[,] Bound) Exact(TestMatrix source, QuantizedMatrix weight)
    {
        var value = new double[source.View.Rows, weight.View.Rows];
        var bound = new double[source.View.Rows, weight.View.Rows];
        for (int t = 0; t < source.View.Rows; t++)
        {
            (float[] scales, _) = Quantize(source, t);
            for (int n = 0; n < weight.View.Rows; n++)
            {
                double terms = 0;
                for (int k = 0; k < source.View.Columns; k++)
                {
                    double scaled = (double)weight.Scale(n, k) * weight.Value(n, k);
                    double step = scales[k / BlockSize];
                    value[t, n] += (scaled + weight.Offset(n, k)) * source[t, k];
                    bound[t, n] += Math.Abs(scaled + weight.Offset(n, k)) * step * (0.5 + (127 * Math.ScaleB(1, -23)));
                    terms += (Math.Abs(scaled) + Math.Abs(weight.Offset(n, k))) * (Math.Abs(source[t, k]) + step);
                }

                bound[t, n] += terms * ((2 * scales.Length) + 4) * Math.ScaleB(1, -24);
            }
        }

        return (value, bound);
    }

    private static (float[] Scales, int[] Codes) Quantize(TestMatrix source, int t)
    {
        int columns = source.View.Columns;
        var scales = new float[(columns + BlockSize - 1) / BlockSize];
        var codes = new int[columns];
        for (int block = 0; block < scales.Length; block++)
        {
            int start = block * BlockSize;
            int end = Math.Min(start + BlockSize, columns);
            float most = 0;
            bool isBad = false;
            for (int k = start; k < end; k++)
            {
                isBad |= !float.IsFinite(source[t, k]);
                most = Math.Max(most, Math.Abs(source[t, k]));
            }

            if (isBad)
            {
                scales[block] = float.NaN;
                continue;
            }

            if (!float.IsFinite(127 / most))
            {
                continue;
            }

            scales[block] = most / 127;
            for (int k = start; k < end; k++)
            {
                codes[k] = (int)MathF.Round(source[t, k] * (127 / most), MidpointRounding.ToEven);
            }
        }

        return (scales, codes);
    }

    private static float MultiplyAdd(float a, float b, float c) => VectorHardware.HasFma ? MathF.FusedMultiplyAdd(a, b, c) : (a * b) + c;
}
