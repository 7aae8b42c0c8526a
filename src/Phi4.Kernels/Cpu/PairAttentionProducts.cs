// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Cpu;

/// <summary>The products over a BF16 cache in machine code: the bits of <see cref="VectorAttentionProducts{TElement, TOps, TV}"/>.</summary>
internal sealed unsafe class PairAttentionProducts(AttentionKernels kernels) : AttentionProducts
{
    private const int Lanes = KvLayerView.BlockTokens;
    private const int ColumnVectors = AttentionKernels.MostColumns;

    public override int PerWord => 2;

    public override int GroupFloats(int width) => width / 2 * GroupRows;

    public override void PackQuery(float* query, int width, float* group, int row)
    {
        uint* words = (uint*)group + row;
        for (int pair = 0; pair < width / 2; pair++)
        {
            words[pair * GroupRows] = Word(query + (2 * pair));
        }
    }

    public override void Score(float* queries, int rows, int width, in KeyBlocks keys, float* scores)
    {
        int whole = rows / GroupRows;
        var arguments = new PairScoreArguments
        {
            Queries = (uint*)queries,
            Keys0 = keys.First,
            Keys1 = keys.Second,
            Next0 = keys.Next,
            Next1 = keys.AfterNext,
            Scores = scores,
            PairUnits = width / (2 * AttentionKernels.PairUnit),
            RowGroups = whole,
        };
        if (whole > 0)
        {
            kernels.Score(GroupRows)(&arguments);
        }

        if (rows % GroupRows != 0)
        {
            arguments.Queries += (long)whole * GroupRows * (width / 2);
            arguments.Scores += (long)whole * GroupRows * RowFloats;
            arguments.RowGroups = 1;
            kernels.Score(rows % GroupRows)(&arguments);
        }
    }

    public override void PackWeights(float* row, int start, int end)
    {
        uint* words = (uint*)row;
        for (int j = start; j < end; j += Lanes)
        {
            Vector256<uint> low = Words(Vector256.Load((ulong*)(row + j)), Vector256.Load((ulong*)(row + j + 8)));
            low.Store(words + (j / 2));
        }
    }

    public override void Weigh(in ValueBlocks blocks, float* weights, int firstKey, int rows, int width, float* states, int stateFloats)
    {
        var arguments = new PairWeighArguments { PairBytes = (nint)width * sizeof(uint), StateBytes = (nint)stateFloats * sizeof(float) };
        for (int block = 0; block < blocks.Count; block += RunBlocks)
        {
            arguments.Blocks = blocks.Blocks + block;
            arguments.BlockCount = Math.Min(RunBlocks, blocks.Count - block);
            uint* first = (uint*)weights + ((firstKey + (block * Lanes)) / 2);
            for (int column = 0; column < width; column += ColumnVectors * Lanes)
            {
                int vectors = Math.Min(ColumnVectors, (width - column) / Lanes);
                arguments.ColumnBytes = (nint)column * sizeof(uint);
                for (int row = 0; row < rows; row += GroupRows)
                {
                    arguments.Weights = first + ((long)row * RowFloats);
                    arguments.States = states + ((long)row * stateFloats) + column;
                    kernels.Weigh(Math.Min(GroupRows, rows - row), vectors)(&arguments);
                }
            }
        }
    }

    // Floats that are BF16 values, two to a word, the second in the upper half.
    private static uint Word(float* values) => (((uint*)values)[0] >> 16) | (((uint*)values)[1] & 0xFFFF0000);

    private static Vector256<uint> Words(Vector256<ulong> first, Vector256<ulong> second) => Vector256.Narrow(Words(first), Words(second));

    private static Vector256<ulong> Words(Vector256<ulong> pairs)
        => ((pairs >> 16) & Vector256.Create(0xFFFFul)) | ((pairs >> 32) & Vector256.Create(0xFFFF0000ul));
}
