// SPDX-License-Identifier: MIT

namespace Phi4.Core.Weights.Hub;

/// <summary>
/// GPTQ: <c>qweight</c> [inputs / codes of a word, rows], a word holding consecutive inputs of a row; <c>qzeros</c> [groups, rows / codes of a word], a word
/// holding consecutive rows. The first format stores zero points less one, around the corner: 0 as the largest code.
/// </summary>
internal sealed class GptqWords(Part codes, Part zeros, int rows, int columns, int groupCount, int bits, bool hasZerosLessOne) : IIntegerCodes
{
    private readonly int _perWord = CodeWords.PerWord(bits);

    public int Bits => bits;

    public bool IsCentered => !zeros.As<uint>().ContainsAnyExcept(CodeWords.All((1u << (bits - 1)) - (hasZerosLessOne ? 1u : 0u), bits));

    public static GptqWords? Find(MatrixParts parts, int groupCount, int bits, bool hasZerosLessOne)
    {
        int perWord = CodeWords.PerWord(bits);
        if (parts.Columns % perWord != 0 || parts.Rows % perWord != 0)
        {
            parts.Refuse(PackedNames.Codes, $"inputs and outputs in whole words of {perWord}", $"{parts.Columns} and {parts.Rows}");
            return null;
        }

        Part? codes = parts.Require(PackedNames.Codes, MatrixParts.Words, [parts.Columns / perWord, parts.Rows]);
        Part? zeros = parts.Require(PackedNames.Zeros, MatrixParts.Words, [groupCount, parts.Rows / perWord]);
        return codes is null || zeros is null ? null : new GptqWords(codes, zeros, parts.Rows, parts.Columns, groupCount, bits, hasZerosLessOne);
    }

    public void ReadCodes(int start, int count, Span<byte> target, int stride)
    {
        ReadOnlySpan<uint> stored = codes.As<uint>();
        for (int i = 0; i < columns / _perWord; i++)
        {
            ReadOnlySpan<uint> words = stored.Slice((i * rows) + start, count);
            for (int row = 0; row < count; row++)
            {
                CodeWords.Spread(words[row], bits, target[((row * stride) + (i * _perWord))..]);
            }
        }
    }

    public void ReadZeros(int row, Span<int> target)
    {
        ReadOnlySpan<uint> words = zeros.As<uint>();
        int wordsPerGroup = rows / _perWord;
        int mask = (1 << bits) - 1;
        for (int group = 0; group < groupCount; group++)
        {
            int zero = CodeWords.Code(words[(group * wordsPerGroup) + (row / _perWord)], bits, row % _perWord);
            target[group] = hasZerosLessOne ? (zero + 1) & mask : zero;
        }
    }
}
