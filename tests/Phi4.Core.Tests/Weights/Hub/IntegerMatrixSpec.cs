// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights.Hub;

/// <summary>A matrix of known codes, zero points and scales, and what it is worth by the formats' common formula.</summary>
internal sealed class IntegerMatrixSpec
{
    public required int Bits { get; init; }

    /// <summary>[rows, inputs], unsigned.</summary>
    public required int[,] Codes { get; init; }

    /// <summary>[rows, groups], unsigned.</summary>
    public required int[,] Zeros { get; init; }

    /// <summary>[rows, groups], as <see cref="ScaleType"/> can say them.</summary>
    public required float[,] Scales { get; init; }

    public required DType ScaleType { get; init; }

    /// <summary>The group of each input.</summary>
    public required int[] GroupOf { get; init; }

    public int Rows => Codes.GetLength(0);

    public int Columns => Codes.GetLength(1);

    public int Groups => Scales.GetLength(1);

    public int Middle => 1 << (Bits - 1);

    public float[] Values =>
        [.. from row in Enumerable.Range(0, Rows)
            from input in Enumerable.Range(0, Columns)
            let @group = GroupOf[input]
            select (Codes[row, input] - Zeros[row, @group]) * Scales[row, @group]];

    /// <summary>Everything random but the zero points of a centered matrix.</summary>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="bits">4 or 8.</param>
    /// <param name="groupSize">Inputs of a group.</param>
    /// <param name="isCentered">All zero points are the middle.</param>
    /// <param name="scaleType">Type of the scales.</param>
    /// <param name="shuffles">Inputs belong to groups in no order.</param>
    public static IntegerMatrixSpec Random(int rows, int columns, int bits, int groupSize, bool isCentered, DType scaleType, bool shuffles = false)
    {
        Random random = new((rows * 31) + (columns * 7) + bits + groupSize);
        int groups = (columns + groupSize - 1) / groupSize;
        int[] groupOf = [.. Enumerable.Range(0, columns).Select(input => input / groupSize)];
        if (shuffles)
        {
            random.Shuffle(groupOf);
        }

        int[,] codes = new int[rows, columns], zeros = new int[rows, groups];
        float[,] scales = new float[rows, groups];
        for (int row = 0; row < rows; row++)
        {
            for (int input = 0; input < columns; input++)
            {
                codes[row, input] = random.Next(1 << bits);
            }

            for (int i = 0; i < groups; i++)
            {
                zeros[row, i] = isCentered ? 1 << (bits - 1) : random.Next(1 << bits);
                float scale = (float)(0.001 + (random.NextDouble() / 50));
                scales[row, i] = scaleType switch
                {
                    DType.F16 => (float)(Half)scale,
                    DType.BF16 => BFloat16.ToSingle(BFloat16.FromSingle(scale)),
                    _ => scale,
                };
            }
        }

        return new IntegerMatrixSpec { Bits = bits, Codes = codes, Zeros = zeros, Scales = scales, ScaleType = scaleType, GroupOf = groupOf };
    }
}
