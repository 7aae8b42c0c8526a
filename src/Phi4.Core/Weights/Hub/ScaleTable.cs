// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.Core.Weights.Hub;

/// <summary>The scales of a matrix: a stored table by group and row in any float type, read as F32, which is exact.</summary>
internal sealed class ScaleTable
{
    private readonly Part _part;
    private readonly int _rowsPerScale;
    private readonly int _rowStride;
    private readonly int _groupStride;

    private ScaleTable(Part part, int groupCount, int rowsPerScale, int rowStride, int groupStride)
    {
        _part = part;
        GroupCount = groupCount;
        _rowsPerScale = rowsPerScale;
        _rowStride = rowStride;
        _groupStride = groupStride;
    }

    /// <summary>Groups of inputs.</summary>
    public int GroupCount { get; }

    /// <summary>Table [rows, groups], or with one group [rows], or a single scale for everything.</summary>
    public static ScaleTable? ByRows(MatrixParts parts, string part, int groupCount, int rowsPerScale = 1)
    {
        int scaleRows = (parts.Rows + rowsPerScale - 1) / rowsPerScale;
        Part? found = groupCount == 1
            ? parts.Require(part, MatrixParts.Floats, [scaleRows, 1], [scaleRows], [1], [])
            : parts.Require(part, MatrixParts.Floats, [scaleRows, groupCount]);
        bool isSingle = found is { Tensor.Shape: [] or [1] };
        return found is null ? null : new ScaleTable(found, groupCount, rowsPerScale, isSingle ? 0 : groupCount, 1);
    }

    /// <summary>Table [groups, rows].</summary>
    public static ScaleTable? ByGroups(MatrixParts parts, string part, int groupCount) =>
        parts.Require(part, MatrixParts.Floats, [groupCount, parts.Rows]) is { } found ? new ScaleTable(found, groupCount, 1, 1, parts.Rows) : null;

    /// <summary>Scales of a row.</summary>
    /// <exception cref="ModelFormatException">A scale is no finite number.</exception>
    public void Read(int row, Span<float> scales)
    {
        ReadOnlySpan<byte> bytes = _part.Bytes;
        DType dtype = _part.Tensor.DType;
        int size = dtype.SizeInBytes();
        for (int group = 0; group < GroupCount; group++)
        {
            int index = (row / _rowsPerScale * _rowStride) + (group * _groupStride);
            FloatCodec.Widen(bytes[(index * size)..], dtype, scales.Slice(group, 1));
            if (!float.IsFinite(scales[group]))
            {
                throw new ModelFormatException(
                    _part.Tensor.File, FormattableString.Invariant($"{_part.Tensor.Name}, row {row}, group {group}"), "a finite scale", FormattableString.Invariant($"{scales[group]}"));
            }
        }
    }
}
