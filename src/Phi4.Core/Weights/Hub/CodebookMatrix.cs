// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels;

namespace Phi4.Core.Weights.Hub;

/// <summary>
/// bitsandbytes in 4 bits, NF4 or FP4: codes of sixteen stored values between -1 and 1, the first of a pair in the upper half of a byte, times the largest
/// magnitude of each run of 64 or so; these magnitudes are floats, or bytes of a second book. In blocks the codes are kept and the sixteen values
/// rounded to 127ths, the largest magnitude over 127 to F16.
/// </summary>
internal sealed class CodebookMatrix : PackedMatrix
{
    private const int BookSize = 16;
    private const int Largest = 127;

    private readonly Part _codes;
    private readonly float[] _book;
    private readonly float[] _maxima;
    private readonly int _run;

    private CodebookMatrix(MatrixParts parts, string kind, Part codes, float[] book, float[] maxima, int run)
        : base(parts, $"bitsandbytes {kind}", new BlockFormat(WeightFormat.Int4, Table: Rounded(book)), keepsCodes: true)
    {
        _codes = codes;
        _book = book;
        _maxima = maxima;
        _run = run;
    }

    /// <summary>Null where a part was missing or wrong, which <paramref name="parts"/> has noted.</summary>
    public static CodebookMatrix? Create(MatrixParts parts)
    {
        string kind = parts.Has(PackedNames.State + "fp4") ? "fp4" : "nf4";
        long count = (long)parts.Rows * parts.Columns;
        Part? codes = parts.Require(PackedNames.Weight, [DType.U8], [count / 2, 1], [1, count / 2], [count / 2]);
        Part? bookPart = parts.Require(PackedNames.Book, [DType.F32], [BookSize]);
        if (codes is null || bookPart is null || CodebookState.Read(parts, PackedNames.State + kind) is not { } state)
        {
            return null;
        }

        if (state.Type != kind || !state.Shape.SequenceEqual(parts.Matrix.Shape) || state.Run % BlockLayout.BlockSize != 0 || parts.Columns % state.Run != 0)
        {
            parts.Refuse(
                PackedNames.State + kind, $"{kind} of [{string.Join(", ", parts.Matrix.Shape)}] in runs of a multiple of {BlockLayout.BlockSize} that divides the row",
                $"{state.Type} of [{string.Join(", ", state.Shape)}] in runs of {state.Run}");
            return null;
        }

        float[] book = bookPart.As<float>().ToArray();
        if (book.Any(value => !(Math.Abs(value) <= 1)))
        {
            parts.Refuse(PackedNames.Book, "values from -1 to 1", string.Join(", ", book));
            return null;
        }

        return ReadMaxima(parts, state, checked((int)(count / state.Run))) is { } maxima ? new CodebookMatrix(parts, kind.ToUpperInvariant(), codes, book, maxima, state.Run) : null;
    }

    public override void ReadRows(int start, int count, Span<float> destination)
    {
        ReadOnlySpan<byte> codes = _codes.Bytes.Slice(start * (Columns / 2), count * (Columns / 2));
        int firstRun = start * (Columns / _run);
        for (int i = 0; i < count * Columns; i++)
        {
            destination[i] = _book[Code(codes, i)] * _maxima[firstRun + (i / _run)];
        }
    }

    protected override void Keep(int start, int count, Span<byte> codes, Span<Half> scales, Span<Half> offsets)
    {
        ReadOnlySpan<byte> stored = _codes.Bytes.Slice(start * (Columns / 2), count * (Columns / 2));
        int firstRun = start * (Columns / _run);
        for (int i = 0; i < count * Columns; i++)
        {
            codes[i] = (byte)Code(stored, i);
        }

        for (int block = 0; block < count * BlockCount; block++)
        {
            scales[block] = (Half)(_maxima[firstRun + (block * BlockLayout.BlockSize / _run)] / Largest);
        }
    }

    private static int Code(ReadOnlySpan<byte> codes, int index) => index % 2 == 0 ? codes[index / 2] >> 4 : codes[index / 2] & 15;

    private static Vector128<sbyte> Rounded(float[] book)
    {
        Vector128<sbyte> table = default;
        for (int i = 0; i < BookSize; i++)
        {
            table = table.WithElement(i, (sbyte)MathF.Round(book[i] * Largest));
        }

        return table;
    }

    private static float[]? ReadMaxima(MatrixParts parts, CodebookState state, int count)
    {
        if (!parts.Has(PackedNames.MaximaBook))
        {
            return parts.Require(PackedNames.Maxima, [DType.F32], [count])?.As<float>().ToArray();
        }

        Part? codes = parts.Require(PackedNames.Maxima, [DType.U8], [count]);
        Part? book = parts.Require(PackedNames.MaximaBook, [DType.F32], [256]);
        Part? scales = parts.Require(PackedNames.MaximaScales, [DType.F32], [(count + state.NestedRun - 1) / state.NestedRun]);
        if (codes is null || book is null || scales is null)
        {
            return null;
        }

        ReadOnlySpan<byte> stored = codes.Bytes;
        ReadOnlySpan<float> values = book.As<float>();
        ReadOnlySpan<float> ofRuns = scales.As<float>();
        float[] maxima = new float[count];
        for (int i = 0; i < count; i++)
        {
            float product = values[stored[i]] * ofRuns[i / state.NestedRun];
            maxima[i] = product + state.NestedOffset;
        }

        return maxima;
    }
}
