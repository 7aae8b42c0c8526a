// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels;

namespace Phi4.Core.Weights.Quantization;

/// <summary>
/// Makes a matrix a 4-bit table of its own, from <see cref="Int4Table"/> by Lloyd's iteration on some of its tiles: weights take their block's best scale and
/// nearest value, then each value moves to where its weights lose least. Kept only if those tiles lose less with it, rounded to whole numbers, than without.
/// </summary>
internal static unsafe class TableFitter
{
    // Blocks of tiles that are looked at: half a million weights.
    private const int MostBlocks = 1024;
    private const int Rounds = 10;
    private const int Largest = 127;

    /// <param name="source">Holds the matrix.</param>
    /// <param name="tensor">The matrix.</param>
    /// <param name="costs">[H]: what an error in each column costs.</param>
    public static Vector128<sbyte> Fit(IWeightSource source, SourceTensor tensor, float[] costs)
    {
        int blockCount = BlockLayout.BlockCount(tensor.Columns);
        int tileCount = BlockLayout.TileCount(tensor.Rows);
        int tiles = Math.Min(tileCount, Math.Max(1, MostBlocks / blockCount));
        int blocks = Math.Min(blockCount, MostBlocks);
        using HostBuffer sample = HostBuffer.Allocate((long)tiles * blocks * BlockLayout.BlockSize * sizeof(Vector512<float>), "a sample of weights");
        var columns = (Vector512<float>*)sample.DangerousGetHandle();
        using (QuantizerScratch scratch = new(tensor.Columns, hasWork: false))
        {
            for (int i = 0; i < tiles; i++)
            {
                scratch.Read(source, tensor, (int)((long)i * tileCount / tiles));
                int width = blocks * BlockLayout.BlockSize;
                new ReadOnlySpan<Vector512<float>>(scratch.Columns, width).CopyTo(new Span<Vector512<float>>(columns + ((long)i * width), width));
            }
        }

        float[] padded = new float[blockCount * BlockLayout.BlockSize];
        costs.CopyTo(padded, 0);
        fixed (float* weights = padded)
        {
            return Fit(columns, tiles, blocks, weights);
        }
    }

    private static Vector128<sbyte> Fit(Vector512<float>* columns, int tiles, int blocks, float* costs)
    {
        float[] table = [.. Enumerable.Range(0, Int4Table.Size).Select(i => (float)Int4Table.Values[i])];
        double common = double.NaN;
        for (int round = 0; round < Rounds; round++)
        {
            (float[] improved, double lost) = Improve(table, columns, tiles, blocks, costs);
            common = round == 0 ? lost : common;
            table = improved;
        }

        Vector128<sbyte> rounded = default;
        for (int i = 0; i < Int4Table.Size; i++)
        {
            rounded = rounded.WithElement(i, (sbyte)Math.Clamp(MathF.Round(table[i]), -Largest, Largest));
            if (i > 0 && rounded[i] <= rounded[i - 1])
            {
                return Int4Table.Values;
            }
        }

        double own = Improve([.. Enumerable.Range(0, Int4Table.Size).Select(i => (float)rounded[i])], columns, tiles, blocks, costs).Lost;
        return own < common ? rounded : Int4Table.Values;
    }

    /// <summary>One round: the error of a table, and the table that its codes would like better.</summary>
    private static (float[] Table, double Lost) Improve(float[] table, Vector512<float>* columns, int tiles, int blocks, float* costs)
    {
        TableCodebook book = new(table);
        double[] products = new double[Int4Table.Size];
        double[] squares = new double[Int4Table.Size];
        Vector512<float>* values = stackalloc Vector512<float>[BlockLayout.BlockSize];
        BlockLayout layout = new(WeightFormat.Int4);
        byte* codes = stackalloc byte[layout.CodeBytes];
        double lost = 0;
        for (int i = 0; i < tiles * blocks; i++)
        {
            Vector512<float>* block = columns + ((long)i * BlockLayout.BlockSize);
            float* weights = costs + (i % blocks * BlockLayout.BlockSize);
            BlockEncoder<TableCodebook> encoder = new(book, block, weights, BlockLayout.BlockSize);
            Vector512<float> scale = encoder.Choose(ScaleChoice.Search);
            encoder.Pack(scale, codes, values);
            lost += Vector512.Sum(encoder.Error(scale));
            for (int k = 0; k < BlockLayout.BlockSize; k++)
            {
                for (int row = 0; row < BlockLayout.TileRows; row++)
                {
                    byte pair = codes[layout.CodeOffset(BlockLayout.BlockSize, row, k)];
                    int code = BlockLayout.IsHighHalf(k) ? pair >> 4 : pair & 15;
                    float scaled = scale[row] * weights[k];
                    products[code] += scaled * block[k][row];
                    squares[code] += scaled * scale[row];
                }
            }
        }

        float[] moved = [.. table.Select((value, i) => squares[i] > 0 ? (float)(products[i] / squares[i]) : value)];
        float stretch = Largest / moved.Max(Math.Abs);
        return ([.. moved.Select(value => value * stretch).Order()], lost);
    }
}
