// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.Core.Weights.Hub;

/// <summary>
/// compressed-tensors <c>pack-quantized</c>: <c>weight_packed</c> [rows, words], consecutive codes of a row; zero points, where there are any, in words of
/// consecutive <em>rows</em>, [words, groups].
/// </summary>
internal sealed class RowWords(Part codes, Part? zeros, int columns, int groupCount, int bits) : IIntegerCodes
{
    private readonly int _perWord = CodeWords.PerWord(bits);

    public int Bits => bits;

    public bool IsCentered => zeros is null || !zeros.As<uint>().ContainsAnyExcept(CodeWords.All(1u << (bits - 1), bits));

    public static RowWords? Find(MatrixParts parts, int groupCount, int bits)
    {
        int perWord = CodeWords.PerWord(bits);
        Part? codes = parts.Require(PackedNames.Packed, MatrixParts.Words, [parts.Rows, (parts.Columns + perWord - 1) / perWord]);
        Part? zeros = parts.Optional(PackedNames.ZeroPoint, MatrixParts.Words, [(parts.Rows + perWord - 1) / perWord, groupCount]);
        CheckShape(parts);
        return codes is null || (zeros is null && parts.Has(PackedNames.ZeroPoint)) ? null : new RowWords(codes, zeros, parts.Columns, groupCount, bits);
    }

    public void ReadCodes(int start, int count, Span<byte> target, int stride)
    {
        int words = (columns + _perWord - 1) / _perWord;
        ReadOnlySpan<uint> stored = codes.As<uint>().Slice(start * words, count * words);
        for (int row = 0; row < count; row++)
        {
            Span<byte> into = target.Slice(row * stride, stride);
            for (int i = 0; i < words; i++)
            {
                CodeWords.Spread(stored[(row * words) + i], bits, into[(i * _perWord)..]);
            }
        }
    }

    public void ReadZeros(int row, Span<int> target)
    {
        if (zeros is null)
        {
            target.Fill(1 << (bits - 1));
            return;
        }

        ReadOnlySpan<uint> words = zeros.As<uint>().Slice(row / _perWord * groupCount, groupCount);
        for (int group = 0; group < groupCount; group++)
        {
            target[group] = CodeWords.Code(words[group], bits, row % _perWord);
        }
    }

    private static void CheckShape(MatrixParts parts)
    {
        if (parts.Require(PackedNames.MatrixShape, [DType.I32, DType.I64], [2]) is not { } stored)
        {
            return;
        }

        long[] shape = stored.Tensor.DType == DType.I64 ? stored.As<long>().ToArray() : [.. stored.As<int>().ToArray().Select(size => (long)size)];
        if (!shape.SequenceEqual(parts.Matrix.Shape))
        {
            parts.Refuse(PackedNames.MatrixShape, $"[{string.Join(", ", parts.Matrix.Shape)}]", $"[{string.Join(", ", shape)}]");
        }
    }
}
