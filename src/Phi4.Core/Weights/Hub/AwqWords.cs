// SPDX-License-Identifier: MIT

namespace Phi4.Core.Weights.Hub;

/// <summary>
/// AWQ (GEMM): <c>qweight</c> [inputs, rows / 8] and <c>qzeros</c> [groups, rows / 8], words of eight consecutive rows, the even ones in the lower half of the
/// word and the odd ones in the upper.
/// </summary>
internal sealed class AwqWords(Part codes, Part zeros, int rows, int columns, int groupCount) : IIntegerCodes
{
    private const int PerWord = 8;
    private const int Width = 4;
    private const uint Middle = 8;

    public int Bits => Width;

    public bool IsCentered => !zeros.As<uint>().ContainsAnyExcept(CodeWords.All(Middle, Width));

    public static AwqWords? Find(MatrixParts parts, int groupCount)
    {
        if (parts.Rows % PerWord != 0)
        {
            parts.Refuse(PackedNames.Codes, $"outputs in whole words of {PerWord}", $"{parts.Rows}");
            return null;
        }

        Part? codes = parts.Require(PackedNames.Codes, MatrixParts.Words, [parts.Columns, parts.Rows / PerWord]);
        Part? zeros = parts.Require(PackedNames.Zeros, MatrixParts.Words, [groupCount, parts.Rows / PerWord]);
        return codes is null || zeros is null ? null : new AwqWords(codes, zeros, parts.Rows, parts.Columns, groupCount);
    }

    public void ReadCodes(int start, int count, Span<byte> target, int stride)
    {
        ReadOnlySpan<uint> stored = codes.As<uint>();
        int wordsPerInput = rows / PerWord;
        int firstWord = start / PerWord;
        int wordCount = ((start + count - 1) / PerWord) + 1 - firstWord;

        // Inputs outside: the words of a tile lie side by side, those of the next input far away.
        for (int input = 0; input < columns; input++)
        {
            ReadOnlySpan<uint> words = stored.Slice((input * wordsPerInput) + firstWord, wordCount);
            for (int row = 0; row < count; row++)
            {
                uint word = words[((start + row) / PerWord) - firstWord];
                target[(row * stride) + input] = (byte)((word >> (Place(start + row) * Width)) & 15);
            }
        }
    }

    public void ReadZeros(int row, Span<int> target)
    {
        ReadOnlySpan<uint> stored = zeros.As<uint>();
        int wordsPerGroup = rows / PerWord;
        for (int group = 0; group < groupCount; group++)
        {
            target[group] = CodeWords.Code(stored[(group * wordsPerGroup) + (row / PerWord)], Width, Place(row));
        }
    }

    /// <summary>Where in its word a row's code stands: 0, 4, 1, 5, 2, 6, 3, 7.</summary>
    private static int Place(int row) => (row % PerWord / 2) + (row % 2 * (PerWord / 2));
}
