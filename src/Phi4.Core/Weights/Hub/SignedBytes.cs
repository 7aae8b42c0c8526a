// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Kernels;

namespace Phi4.Core.Weights.Hub;

/// <summary>compressed-tensors <c>int-quantized</c>: <c>weight</c> and, where there are any, zero points as signed bytes.</summary>
internal sealed class SignedBytes(Part codes, Part? zeros, int columns, int groupCount) : IIntegerCodes
{
    private const int Middle = 128;

    // Adds 128 to each of eight bytes.
    private const ulong Flip = 0x8080808080808080;

    public int Bits => 8;

    public bool IsCentered => zeros is null || !zeros.Bytes.ContainsAnyExcept((byte)0);

    public static SignedBytes? Find(MatrixParts parts, int groupCount)
    {
        Part? codes = parts.Require(PackedNames.Weight, [DType.I8], [parts.Rows, parts.Columns]);
        Part? zeros = groupCount == 1
            ? parts.Optional(PackedNames.ZeroPoint, [DType.I8], [parts.Rows, 1], [parts.Rows], [1], [])
            : parts.Optional(PackedNames.ZeroPoint, [DType.I8], [parts.Rows, groupCount]);
        return codes is null || (zeros is null && parts.Has(PackedNames.ZeroPoint)) ? null : new SignedBytes(codes, zeros, parts.Columns, groupCount);
    }

    public void ReadCodes(int start, int count, Span<byte> target, int stride)
    {
        for (int row = 0; row < count; row++)
        {
            Span<byte> into = target.Slice(row * stride, stride);
            codes.Bytes.Slice((start + row) * columns, columns).CopyTo(into);
            foreach (ref ulong eight in MemoryMarshal.Cast<byte, ulong>(into))
            {
                eight ^= Flip;
            }
        }
    }

    public void ReadZeros(int row, Span<int> target)
    {
        if (zeros is null)
        {
            target.Fill(Middle);
            return;
        }

        bool isSingle = zeros.Tensor.Shape is [] or [1];
        ReadOnlySpan<sbyte> stored = zeros.As<sbyte>().Slice(isSingle ? 0 : row * groupCount, groupCount);
        for (int group = 0; group < groupCount; group++)
        {
            target[group] = stored[group] + Middle;
        }
    }
}
