// SPDX-License-Identifier: MIT
namespace Phi4.Kernels;

/// <summary>
/// A row-major matrix in a backend's memory: address, element type, shape. Owns nothing: whoever allocated or mapped the memory keeps it alive.
/// A vector is a matrix of one row.
/// </summary>
/// <param name="Address">Address of the first element; only the backend that owns the memory may follow it.</param>
/// <param name="DType">Element type.</param>
/// <param name="Rows">Rows (tokens, or output features of a weight).</param>
/// <param name="Columns">Columns (features, or input features of a weight).</param>
/// <param name="RowStride">Elements from one row to the next; at least <paramref name="Columns"/>.</param>
internal readonly record struct TensorView(nint Address, DType DType, int Rows, int Columns, long RowStride)
{
    public TensorView(nint address, DType dtype, int rows, int columns)
        : this(address, dtype, rows, columns, columns)
    {
    }

    /// <summary>No tensor: an optional operand that is absent.</summary>
    public static TensorView None => default;

    public bool IsNone => Address == 0;

    /// <summary>Elements inside the view.</summary>
    public long Count => (long)Rows * Columns;

    /// <summary>Bytes of those elements; 0 for no tensor.</summary>
    public long ByteCount => Count * DType.SizeInBytes();

    /// <summary>Rows [start, start + count).</summary>
    public TensorView RowRange(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Rows);
        return this with { Address = Address + (nint)(start * RowStride * DType.SizeInBytes()), Rows = count };
    }

    /// <summary>Columns [start, start + count) of every row; the row stride stays.</summary>
    public TensorView ColumnRange(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Columns);
        return this with { Address = Address + (nint)start * DType.SizeInBytes(), Columns = count };
    }

    public override string ToString() => $"{DType.ToSafetensorsName()} [{Rows}, {Columns}]";
}
