// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Core.Weights.Quantization;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights.Quantization;

/// <summary>
/// Makes the 4-bit table: Lloyd's iteration around the search that will use it, on blocks of normally distributed weights.
/// With scale d and code i a weight x is worth d t_i, so that the best t_i is the sum of d x over the sum of d^2, over all weights with code i.
/// </summary>
internal static unsafe class Int4TableDesign
{
    private const int TileCount = 1024; // of sixteen blocks
    private const int Rounds = 80;

    public static float[] Run()
    {
        float[] samples = Gaussian.Values(TileCount * BlockLayout.TileRows * BlockLayout.BlockSize, seed: 4);
        float[] table = [.. Enumerable.Range(0, Int4Table.Size).Select(i => -127 + (16f * i))];
        for (int round = 0; round < Rounds; round++)
        {
            table = Improve(table, samples);
        }

        return table;
    }

    private static float[] Improve(float[] table, float[] samples)
    {
        double[] products = new double[Int4Table.Size];
        double[] squares = new double[Int4Table.Size];
        TableCodebook book = new(table);
        float* equal = stackalloc float[BlockLayout.BlockSize];
        new Span<float>(equal, BlockLayout.BlockSize).Fill(1);
        Vector512<float>* values = stackalloc Vector512<float>[BlockLayout.BlockSize];
        byte[] codeBytes = new byte[new BlockLayout(WeightFormat.Int4).CodeBytes];
        fixed (float* x = samples)
        fixed (byte* codes = codeBytes)
        {
            for (int tile = 0; tile < TileCount; tile++)
            {
                Vector512<float>* block = (Vector512<float>*)x + (tile * BlockLayout.BlockSize);
                BlockEncoder<TableCodebook> encoder = new(book, block, equal, BlockLayout.BlockSize);
                Vector512<float> scales = encoder.Choose(ScaleChoice.Search);
                encoder.Pack(scales, codes, values);
                for (int row = 0; row < BlockLayout.TileRows; row++)
                {
                    double scale = scales[row];
                    for (int k = 0; k < BlockLayout.BlockSize; k++)
                    {
                        byte pair = codes[new BlockLayout(WeightFormat.Int4).CodeOffset(BlockLayout.BlockSize, row, k)];
                        int code = BlockLayout.IsHighHalf(k) ? pair >> 4 : pair & 15;
                        products[code] += scale * block[k][row];
                        squares[code] += scale * scale;
                    }
                }
            }
        }

        double stretch = -127 / (products[0] / squares[0]);
        return [.. products.Zip(squares, (product, square) => (float)(product / square * stretch))];
    }
}
