// SPDX-License-Identifier: MIT
using System.Buffers;
using System.Numerics;
using Phi4.Core.Configuration;
using Phi4.Kernels;

namespace Phi4.Core.Weights.Hub;

/// <summary>
/// E4M3 times a scale for the matrix, a row, or a square. In blocks the numbers become integers: the block's step is the power of two, times the scale,
/// that gives its largest value 7 bits. Values down to an eighth of the largest are then exact, having 4 bits; smaller ones are rounded to a step, which
/// is at most a 64th of the largest.
/// </summary>
internal sealed class Float8Matrix : PackedMatrix
{
    private const int CodeBits = 7;

    // By shift: the byte that each code becomes.
    private static readonly byte[][] Rounded = [.. Enumerable.Range(0, ShiftOf(Float8.Wholes[Float8.Magnitude - 1]) + 1).Select(Quotients)];

    private readonly Part _codes;
    private readonly ScaleTable _scales;
    private readonly GroupMap _groups;

    private Float8Matrix(MatrixParts parts, Part codes, ScaleTable scales, GroupMap groups)
        : base(parts, "FP8 (E4M3)", new BlockFormat(WeightFormat.Int8), groups.HasWholeBlocks)
    {
        _codes = codes;
        _scales = scales;
        _groups = groups;
    }

    /// <summary>Null where a part was missing or wrong, which <paramref name="parts"/> has noted.</summary>
    public static Float8Matrix? Create(MatrixParts parts, PackedWeightsConfig config)
    {
        GroupMap groups = GroupMap.Runs(parts.Columns, config.GroupSize);
        Part? codes = parts.Require(PackedNames.Weight, [DType.F8E4M3], [parts.Rows, parts.Columns]);
        string scaleName = parts.Has(PackedNames.ScaleInverse) ? PackedNames.ScaleInverse : PackedNames.Scale;
        ScaleTable? scales = ScaleTable.ByRows(parts, scaleName, groups.Count, config.GroupRows);
        return codes is null || scales is null ? null : new Float8Matrix(parts, codes, scales, groups);
    }

    public override void ReadRows(int start, int count, Span<float> destination)
    {
        ReadOnlySpan<byte> codes = _codes.Bytes.Slice(start * Columns, count * Columns);
        float[] scales = ArrayPool<float>.Shared.Rent(_groups.Count);
        for (int row = 0; row < count; row++)
        {
            _scales.Read(start + row, scales);
            for (int group = 0, first = 0; first < Columns; group++, first += _groups.Size)
            {
                int end = Math.Min(Columns, first + _groups.Size);
                for (int i = (row * Columns) + first; i < (row * Columns) + end; i++)
                {
                    destination[i] = Float8.Values[codes[i]] * scales[group];
                }
            }
        }

        ArrayPool<float>.Shared.Return(scales);
    }

    protected override void Keep(int start, int count, Span<byte> codes, Span<Half> scales, Span<Half> offsets)
    {
        float[] found = ArrayPool<float>.Shared.Rent(_groups.Count);
        for (int row = 0; row < count; row++)
        {
            _scales.Read(start + row, found);
            ReadOnlySpan<byte> stored = _codes.Bytes.Slice((start + row) * Columns, Columns);
            for (int block = 0; block < BlockCount; block++)
            {
                int first = block * BlockLayout.BlockSize;
                int width = Math.Min(BlockLayout.BlockSize, Columns - first);
                int shift = Round(stored.Slice(first, width), codes.Slice((row * Stride) + first, width));
                scales[(row * BlockCount) + block] = shift < 0
                    ? Half.NaN
                    : (Half)(found[_groups.Of(first)] * Float8.Unit * (1 << shift));
            }
        }

        ArrayPool<float>.Shared.Return(found);
    }

    /// <summary>A block as integers of 7 bits and a sign.</summary>
    /// <returns>How many powers of two the step is above 2^-9; -1 if something is no number.</returns>
    private static int Round(ReadOnlySpan<byte> stored, Span<byte> codes)
    {
        // Without its sign a code rises with what it stands for.
        int largest = 0;
        foreach (byte code in stored)
        {
            largest = Math.Max(largest, code & Float8.Magnitude);
        }

        if (largest == Float8.Magnitude)
        {
            return -1;
        }

        int shift = ShiftOf(Float8.Wholes[largest]);
        ReadOnlySpan<byte> rounded = Rounded[shift];
        for (int i = 0; i < stored.Length; i++)
        {
            codes[i] = rounded[stored[i]];
        }

        return shift;
    }

    private static int ShiftOf(int whole) => Math.Max(0, BitOperations.Log2((uint)whole) + 1 - CodeBits);

    /// <summary>Every number over 2^shift, to nearest; what is too large for a byte doesn't come up.</summary>
    private static byte[] Quotients(int shift) =>
        [.. Float8.Wholes.Select(whole => whole == Float8.NotANumber ? (byte)0 : (byte)(int)Math.Round(whole / (double)(1 << shift)))];
}
