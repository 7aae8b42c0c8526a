// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Tests;

/// <summary>A matrix with its own memory. Columns before and after the view hold NaN, so that a read outside it shows.</summary>
internal sealed unsafe class TestMatrix : IDisposable
{
    private readonly HostBuffer _buffer;

    private TestMatrix(DType dtype, int rows, int columns, int gap)
    {
        _buffer = HostBuffer.Allocate((long)Math.Max(rows, 1) * (columns + (2 * gap)) * dtype.SizeInBytes(), "test");
        TensorView whole = _buffer.View(dtype, rows, columns + (2 * gap));
        for (int row = 0; row < rows && dtype != DType.I32; row++)
        {
            for (int column = 0; column < whole.Columns; column++)
            {
                Set(whole, row, column, float.NaN);
            }
        }

        View = whole.ColumnRange(gap, columns);
    }

    public TensorView View { get; }

    public static TestMatrix Empty(int rows, int columns, int gap = 0) => new(DType.F32, rows, columns, gap);

    public static TestMatrix Random(Random random, DType dtype, int rows, int columns, int gap = 0, float scale = 1)
        => Filled(dtype, rows, columns, gap, (_, _) => scale * (float)((random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2));

    public static TestMatrix Filled(DType dtype, int rows, int columns, int gap, Func<int, int, float> value)
    {
        var matrix = new TestMatrix(dtype, rows, columns, gap);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                Set(matrix.View, row, column, value(row, column));
            }
        }

        return matrix;
    }

    public static TestMatrix Of(float[,] values) => Filled(DType.F32, values.GetLength(0), values.GetLength(1), 0, (row, column) => values[row, column]);

    public static TestMatrix Ints(params int[] values)
    {
        var matrix = new TestMatrix(DType.I32, 1, values.Length, 0);
        values.CopyTo(new Span<int>((void*)matrix.View.Address, values.Length));
        return matrix;
    }

    public TestMatrix CopyRows(int start, int count, int gap = 0) => Filled(View.DType, count, View.Columns, gap, (row, column) => this[start + row, column]);

    public float this[int row, int column]
    {
        get => Get(View, row, column);
        set => Set(View, row, column, value);
    }

    public float[,] ToArray()
    {
        var values = new float[View.Rows, View.Columns];
        for (int row = 0; row < View.Rows; row++)
        {
            for (int column = 0; column < View.Columns; column++)
            {
                values[row, column] = this[row, column];
            }
        }

        return values;
    }

    public void Dispose() => _buffer.Dispose();

    private static float Get(TensorView view, int row, int column)
    {
        long element = (row * view.RowStride) + column;
        return view.DType switch
        {
            DType.F32 => ((float*)view.Address)[element],
            DType.BF16 => BFloat16.ToSingle(((ushort*)view.Address)[element]),
            DType.F16 => (float)((Half*)view.Address)[element],
            _ => ((int*)view.Address)[element],
        };
    }

    private static void Set(TensorView view, int row, int column, float value)
    {
        long element = (row * view.RowStride) + column;
        switch (view.DType)
        {
            case DType.F32:
                ((float*)view.Address)[element] = value;
                break;
            case DType.BF16:
                ((ushort*)view.Address)[element] = BFloat16.FromSingle(value);
                break;
            default:
                ((Half*)view.Address)[element] = (Half)value;
                break;
        }
    }
}
