// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;

namespace Phi4.Kernels;

/// <summary>How the numbers of a weight matrix are kept.</summary>
internal enum WeightFormat
{
    /// <summary>Row-major floats: F32, BF16 or F16.</summary>
    Float,

    /// <summary>Signed 8-bit codes, a scale for every 32 inputs: 8.5 bits a weight.</summary>
    Int8,

    /// <summary>4-bit codes into a table of sixteen, a scale for every 32 inputs, and if wanted an offset: 4.5 or 5 bits a weight.</summary>
    Int4,
}

/// <summary>
/// A weight matrix [N, H] as the linear kernels read it: row-major floats, or blocks of small integers in the layout of <see cref="BlockLayout"/>.
/// Owns nothing, like <see cref="TensorView"/>.
/// </summary>
/// <remarks>
/// What a quantized weight is worth, n being its row, k its input and b = k / 32 its block:
/// <c>Int8: scale[n, b] * code[n, k]</c>; <c>Int4: scale[n, b] * table[code[n, k]] + offset[n, b]</c>, the offset 0 where there are none.
/// </remarks>
internal readonly record struct WeightView
{
    private WeightView(WeightFormat format, TensorView values, bool hasOffsets, Vector128<sbyte> table)
    {
        Format = format;
        Values = values;
        HasOffsets = hasOffsets;
        Table = table;
    }

    public WeightFormat Format { get; }

    /// <summary>Float: the matrix itself. Quantized: address of the blocks, with the matrix's rows and columns; the element type says nothing.</summary>
    public TensorView Values { get; }

    /// <summary>Int4: there is an offset beside each scale.</summary>
    public bool HasOffsets { get; }

    /// <summary>Int4: what the sixteen codes stand for.</summary>
    public Vector128<sbyte> Table { get; }

    /// <summary>Quantized: where codes and scales lie in a block, and blocks in the matrix.</summary>
    public BlockLayout Layout => new(Format, HasOffsets);

    /// <summary>Output features, N.</summary>
    public int Rows => Values.Rows;

    /// <summary>Input features, H.</summary>
    public int Columns => Values.Columns;

    /// <summary>No matrix.</summary>
    public static WeightView None => default;

    public bool IsNone => Values.IsNone;

    public bool IsFloat => Format == WeightFormat.Float;

    /// <summary>Bytes of the matrix, scales and offsets included; 0 for none.</summary>
    public long ByteCount => IsFloat ? Values.ByteCount : Layout.ByteCount(Rows, Columns);

    public static implicit operator WeightView(TensorView floats) => new(WeightFormat.Float, floats, false, default);

    /// <summary>Blocks laid out as <see cref="BlockLayout"/> says.</summary>
    public static WeightView Int8(int rows, int columns, nint blocks)
        => new(WeightFormat.Int8, new TensorView(blocks, DType.I8, rows, columns), false, default);

    /// <summary>Blocks laid out as <see cref="BlockLayout"/> says.</summary>
    public static WeightView Int4(int rows, int columns, nint blocks, bool hasOffsets, Vector128<sbyte> table)
        => new(WeightFormat.Int4, new TensorView(blocks, DType.U8, rows, columns), hasOffsets, table);

    /// <summary>The same matrix in another place.</summary>
    public WeightView At(nint address) => new(Format, Values with { Address = address }, HasOffsets, Table);

    /// <summary>Rows [start, start + count). Quantized: start must be a multiple of <see cref="BlockLayout.TileRows"/>.</summary>
    public WeightView RowRange(int start, int count)
    {
        if (IsFloat)
        {
            return Values.RowRange(start, count);
        }

        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Rows);
        if (start % BlockLayout.TileRows != 0)
        {
            throw new ArgumentException($"Row {start} of {this} is not the first of a tile of {BlockLayout.TileRows} rows.", nameof(start));
        }

        nint skipped = (nint)(start / BlockLayout.TileRows * Layout.TileBytes(Columns));
        return new WeightView(Format, Values with { Address = Values.Address + skipped, Rows = count }, HasOffsets, Table);
    }

    public override string ToString() => IsFloat ? Values.ToString() : $"{Format} [{Rows}, {Columns}]";
}
