// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Cpu;

/// <summary>
/// The products over a BF16 cache in machine code: the bits of <see cref="VectorAttentionProducts{TElement, TOps, TV}"/>. Over codes the same of the BF16 numbers
/// that they are.
/// </summary>
internal sealed unsafe class PairAttentionProducts(AttentionKernels kernels, bool isCodes) : AttentionProducts
{
    private const int Lanes = KvLayerView.BlockTokens;
    private const int ColumnVectors = AttentionKernels.MostColumns;

    // Codes come out of their widening too large; what they are multiplied by is as much smaller. BF16 numbers of attention are 0 or at least 2^-54: exact.
    private readonly float _factor = isCodes ? 1 / CodeWidening.Factor : 1;

    public override int PerWord => isCodes ? 4 : 2;

    public override int GroupFloats(int width) => width / 2 * GroupRows;

    public override void PackQuery(float* query, int width, float* group, int row)
    {
        uint* words = (uint*)group + row;
        for (int pair = 0; pair < width / 2; pair++)
        {
            words[pair * GroupRows] = Word(query[2 * pair] * _factor, query[(2 * pair) + 1] * _factor);
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
            Asked0 = keys.Asked,
            Asked1 = keys.SecondAsked,
            Scores = scores,
            PairUnits = width / (2 * AttentionKernels.PairUnit),
            RowGroups = whole,
        };
        if (whole > 0)
        {
            kernels.Score(GroupRows, isCodes)(&arguments);
        }

        if (rows % GroupRows != 0)
        {
            arguments.Queries += (long)whole * GroupRows * (width / 2);
            arguments.Scores += (long)whole * GroupRows * RowFloats;
            arguments.RowGroups = 1;
            kernels.Score(rows % GroupRows, isCodes)(&arguments);
        }
    }

    public override void PackWeights(float* row, int start, int end)
    {
        uint* words = (uint*)row;
        for (int j = start; j < end; j += Lanes)
        {
            Vector256<float> first = Vector256.Load(row + j) * _factor, second = Vector256.Load(row + j + 8) * _factor;
            Words(first.AsUInt64(), second.AsUInt64()).Store(words + (j / 2));
        }
    }

    public override void Weigh(in ValueBlocks blocks, float* weights, int firstKey, int rows, int width, float* states, int stateFloats)
    {
        var arguments = new PairWeighArguments { PairBytes = (nint)width * sizeof(uint), StateBytes = (nint)stateFloats * sizeof(float) };
        int run = RunOf(rows);
        for (int block = 0; block < blocks.Count; block += run)
        {
            arguments.Blocks = blocks.Blocks + block;
            arguments.Asked = blocks.Asked + block;
            arguments.BlockCount = Math.Min(run, blocks.Count - block);
            uint* first = (uint*)weights + ((firstKey + (block * Lanes)) / 2);
            for (int column = 0; column < width; column += ColumnVectors * Lanes)
            {
                int vectors = Math.Min(ColumnVectors, (width - column) / Lanes);
                arguments.ColumnBytes = (nint)column * sizeof(uint);
                for (int row = 0; row < rows; row += GroupRows)
                {
                    arguments.Weights = first + ((long)row * RowFloats);
                    arguments.States = states + ((long)row * stateFloats) + column;
                    kernels.Weigh(Math.Min(GroupRows, rows - row), vectors, isCodes)(&arguments);
                }
            }
        }
    }

    // Floats that are BF16 values, two to a word, the second in the upper half.
    private static uint Word(float first, float second) => (BitConverter.SingleToUInt32Bits(first) >> 16) | (BitConverter.SingleToUInt32Bits(second) & 0xFFFF0000);

    private static Vector256<uint> Words(Vector256<ulong> first, Vector256<ulong> second) => Vector256.Narrow(Words(first), Words(second));

    private static Vector256<ulong> Words(Vector256<ulong> pairs)
        => ((pairs >> 16) & Vector256.Create(0xFFFFul)) | ((pairs >> 32) & Vector256.Create(0xFFFF0000ul));
}
