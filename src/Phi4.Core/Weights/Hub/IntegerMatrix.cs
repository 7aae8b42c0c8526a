// SPDX-License-Identifier: MIT
using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Phi4.Kernels;

namespace Phi4.Core.Weights.Hub;

/// <summary>
/// Integers with a zero point and a scale for each group of inputs: <c>(code - zero) * scale</c>. Codes are kept where a block of 32 inputs lies in one group:
/// those of 4 bits with whatever zero point, as an offset <c>(8 - zero) * scale</c>, those of 8 bits where the zero points are in the middle.
/// </summary>
internal sealed class IntegerMatrix : PackedMatrix
{
    private const int Int4Middle = 8;

    // Takes 128 from each of eight bytes.
    private const ulong SignBits = 0x8080808080808080;

    private static readonly Vector128<sbyte> Centered = Vector128.Create(-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);

    private readonly IIntegerCodes _codes;
    private readonly ScaleTable _scales;
    private readonly GroupMap _groups;

    private IntegerMatrix(MatrixParts parts, string kind, IIntegerCodes codes, ScaleTable scales, GroupMap groups, bool isCentered, bool keepsCodes)
        : base(parts, Name(kind, codes, groups), Format(codes, isCentered, keepsCodes), keepsCodes)
    {
        _codes = codes;
        _scales = scales;
        _groups = groups;
    }

    /// <summary>Null where a part was missing or wrong, which <paramref name="parts"/> has noted.</summary>
    public static IntegerMatrix? Create(MatrixParts parts, string kind, IIntegerCodes? codes, ScaleTable? scales, GroupMap? groups)
    {
        if (codes is null || scales is null || groups is null || parts.Problems.Count > 0)
        {
            return null;
        }

        bool isCentered = codes.IsCentered;
        return new IntegerMatrix(parts, kind, codes, scales, groups, isCentered, groups.HasWholeBlocks && (codes.Bits == 4 || isCentered));
    }

    public override void ReadRows(int start, int count, Span<float> destination)
    {
        byte[] codes = ArrayPool<byte>.Shared.Rent(BlockLayout.TileRows * Stride);
        float[] scales = ArrayPool<float>.Shared.Rent(_scales.GroupCount);
        int[] zeros = ArrayPool<int>.Shared.Rent(_scales.GroupCount);
        for (int first = 0; first < count; first += BlockLayout.TileRows)
        {
            int some = Math.Min(BlockLayout.TileRows, count - first);
            _codes.ReadCodes(start + first, some, codes, Stride);
            for (int row = 0; row < some; row++)
            {
                _scales.Read(start + first + row, scales);
                _codes.ReadZeros(start + first + row, zeros);
                Dequantize(codes.AsSpan(row * Stride, Columns), zeros, scales, destination.Slice((first + row) * Columns, Columns));
            }
        }

        ArrayPool<byte>.Shared.Return(codes);
        ArrayPool<float>.Shared.Return(scales);
        ArrayPool<int>.Shared.Return(zeros);
    }

    protected override void Keep(int start, int count, Span<byte> codes, Span<Half> scales, Span<Half> offsets)
    {
        _codes.ReadCodes(start, count, codes, Stride);
        float[] found = ArrayPool<float>.Shared.Rent(_scales.GroupCount);
        int[] zeros = ArrayPool<int>.Shared.Rent(_scales.GroupCount);
        for (int row = 0; row < count; row++)
        {
            _scales.Read(start + row, found);
            _codes.ReadZeros(start + row, zeros);
            for (int block = 0; block < BlockCount; block++)
            {
                int group = _groups.Of(block * BlockLayout.BlockSize);
                scales[(row * BlockCount) + block] = (Half)found[group];
                offsets[(row * BlockCount) + block] = (Half)((Int4Middle - zeros[group]) * found[group]);
            }
        }

        if (_codes.Bits == 8)
        {
            foreach (ref ulong eight in MemoryMarshal.Cast<byte, ulong>(codes[..(count * Stride)]))
            {
                eight ^= SignBits;
            }
        }

        ArrayPool<float>.Shared.Return(found);
        ArrayPool<int>.Shared.Return(zeros);
    }

    private void Dequantize(ReadOnlySpan<byte> codes, ReadOnlySpan<int> zeros, ReadOnlySpan<float> scales, Span<float> values)
    {
        if (!_groups.HasRuns)
        {
            for (int input = 0; input < values.Length; input++)
            {
                int group = _groups.Of(input);
                values[input] = (codes[input] - zeros[group]) * scales[group];
            }

            return;
        }

        for (int group = 0, first = 0; first < values.Length; group++, first += _groups.Size)
        {
            int end = Math.Min(values.Length, first + _groups.Size);
            for (int input = first; input < end; input++)
            {
                values[input] = (codes[input] - zeros[group]) * scales[group];
            }
        }
    }

    private static string Name(string kind, IIntegerCodes codes, GroupMap groups) =>
        $"{kind} int{codes.Bits}, {(groups.Count == 1 ? "a scale for a row" : $"groups of {groups.Size}")}{(groups.HasRuns ? "" : " in an order of their own")}";

    private static BlockFormat Format(IIntegerCodes codes, bool isCentered, bool keepsCodes) =>
        codes.Bits == 4 && keepsCodes ? new(WeightFormat.Int4, HasOffsets: !isCentered, Centered) : new(WeightFormat.Int8);
}
