// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels;

namespace Phi4.Core.Weights.Quantization;

/// <summary>A tile of a matrix as encoders take it: for each column, its sixteen rows side by side. One thread's own.</summary>
internal sealed unsafe class QuantizerScratch : IDisposable
{
    private readonly int _columns;
    private readonly int _paddedColumns;
    private readonly float[] _rows;
    private readonly HostBuffer _columnMemory;
    private readonly HostBuffer? _workMemory;

    /// <param name="columns">Inputs of the matrix.</param>
    /// <param name="hasWork">A second copy is needed, which may be changed.</param>
    public QuantizerScratch(int columns, bool hasWork)
    {
        _columns = columns;
        _paddedColumns = BlockLayout.BlockCount(columns) * BlockLayout.BlockSize;
        _rows = new float[BlockLayout.TileRows * columns];
        long bytes = (long)_paddedColumns * sizeof(Vector512<float>);
        _columnMemory = HostBuffer.Allocate(bytes, "a tile of weights");
        _workMemory = hasWork ? HostBuffer.Allocate(bytes, "a tile of weights") : null;
    }

    /// <summary>The tile's columns, zeros past the last up to a whole block.</summary>
    public Vector512<float>* Columns => (Vector512<float>*)_columnMemory.DangerousGetHandle();

    /// <summary>The same, to be changed.</summary>
    public Vector512<float>* Work => (Vector512<float>*)_workMemory!.DangerousGetHandle();

    /// <summary>Reads a tile; rows past the last are zeros.</summary>
    /// <returns>Its rows.</returns>
    /// <exception cref="ModelFormatException">A weight is not finite, or too large for an F16 scale.</exception>
    public int Read(IWeightSource source, SourceTensor tensor, int tile)
    {
        int first = tile * BlockLayout.TileRows;
        int rowCount = Math.Min(BlockLayout.TileRows, tensor.Rows - first);
        Span<float> values = _rows.AsSpan(0, rowCount * _columns);
        source.ReadRows(tensor, first, rowCount, values);
        Check(tensor, values, first);
        float* lanes = (float*)Columns;
        new Span<float>(lanes, _paddedColumns * BlockLayout.TileRows).Clear();
        for (int row = 0; row < rowCount; row++)
        {
            ReadOnlySpan<float> from = values.Slice(row * _columns, _columns);
            for (int column = 0; column < from.Length; column++)
            {
                lanes[((long)column * BlockLayout.TileRows) + row] = from[column];
            }
        }

        if (_workMemory is not null)
        {
            new ReadOnlySpan<Vector512<float>>(Columns, _paddedColumns).CopyTo(new Span<Vector512<float>>(Work, _paddedColumns));
        }

        return rowCount;
    }

    public void Dispose()
    {
        _columnMemory.Dispose();
        _workMemory?.Dispose();
    }

    private static void Check(SourceTensor tensor, ReadOnlySpan<float> values, int firstRow)
    {
        float limit = 127 * (float)Half.MaxValue;
        int bad = FirstAbove(values, limit);
        if (bad >= 0)
        {
            string place = $"{tensor.Name}[{firstRow + (bad / tensor.Columns)}, {bad % tensor.Columns}]";
            throw new ModelFormatException(
                tensor.File, place, FormattableString.Invariant($"a finite weight of at most {limit:G6}, for scales are F16"), FormattableString.Invariant($"{values[bad]}"));
        }
    }

    /// <summary>Index of the first value whose magnitude is above the limit or no number; -1 if there is none.</summary>
    private static int FirstAbove(ReadOnlySpan<float> values, float limit)
    {
        int i = 0;
        Vector512<float> limits = Vector512.Create(limit);
        for (; i + Vector512<float>.Count <= values.Length; i += Vector512<float>.Count)
        {
            if (!Vector512.LessThanOrEqualAll(Vector512.Abs(Vector512.Create(values[i..])), limits))
            {
                break;
            }
        }

        for (; i < values.Length; i++)
        {
            if (!(Math.Abs(values[i]) <= limit))
            {
                return i;
            }
        }

        return -1;
    }
}
