// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Tests;

/// <summary>Ways to store weights as small integers, each with what is special about it.</summary>
public enum WeightKind
{
    /// <summary>All of -128 to 127.</summary>
    EightBits,

    /// <summary>Codes that stand for -8 to 7.</summary>
    FourBits,

    /// <summary>Codes that stand for 0 to 15, and offsets.</summary>
    FourBitsOffsets,

    /// <summary>Codes into a table whose steps differ and that reaches both ends of a byte.</summary>
    FourBitsTable,

    /// <summary>The same with offsets.</summary>
    FourBitsTableOffsets,
}

/// <summary>A weight matrix of random codes and scales in its own memory, laid out by the definition of <see cref="BlockLayout"/>.</summary>
internal sealed unsafe class QuantizedMatrix : IDisposable
{
    private readonly HostBuffer _blocks;
    private readonly sbyte[,] _values;

    public QuantizedMatrix(Random random, WeightKind kind, int rows, int columns)
    {
        WeightFormat format = kind == WeightKind.EightBits ? WeightFormat.Int8 : WeightFormat.Int4;
        bool hasOffsets = kind is WeightKind.FourBitsOffsets or WeightKind.FourBitsTableOffsets;
        var layout = new BlockLayout(format, hasOffsets);
        _blocks = Zeros(layout.ByteCount(rows, columns));
        _values = new sbyte[rows, columns];
        sbyte[] table = kind switch
        {
            WeightKind.FourBits => [.. Enumerable.Range(-8, 16).Select(v => (sbyte)v)],
            WeightKind.FourBitsOffsets => [.. Enumerable.Range(0, 16).Select(v => (sbyte)v)],
            _ => [-128, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 127],
        };
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                if (column % BlockLayout.BlockSize == 0)
                {
                    long scale = layout.ScaleOffset(columns, row, column);
                    At<Half>(scale) = (Half)((random.NextSingle() - 0.3f) / 100);
                    if (hasOffsets)
                    {
                        At<Half>(scale + BlockLayout.ScaleBytes) = (Half)((random.NextSingle() - 0.5f) / 10);
                    }
                }

                ref byte place = ref At<byte>(layout.CodeOffset(columns, row, column));
                int code = random.Next(format == WeightFormat.Int8 ? 256 : 16);
                _values[row, column] = format == WeightFormat.Int8 ? (sbyte)code : table[code];
                place |= (byte)(format == WeightFormat.Int4 && BlockLayout.IsHighHalf(column) ? code << 4 : code);
            }
        }

        nint blocks = _blocks.DangerousGetHandle();
        View = format == WeightFormat.Int8 ? WeightView.Int8(rows, columns, blocks) : WeightView.Int4(rows, columns, blocks, hasOffsets, Vector128.Create(table));
    }

    public WeightView View { get; }

    /// <summary>What the code stands for, before scale and offset.</summary>
    public int Value(int row, int column) => _values[row, column];

    public float Scale(int row, int column) => (float)At<Half>(View.Layout.ScaleOffset(View.Columns, row, column));

    public float Offset(int row, int column)
        => View.HasOffsets ? (float)At<Half>(View.Layout.ScaleOffset(View.Columns, row, column) + BlockLayout.ScaleBytes) : 0;

    public void Dispose() => _blocks.Dispose();

    private static HostBuffer Zeros(long byteCount)
    {
        HostBuffer buffer = HostBuffer.Allocate(byteCount, "test");
        new Span<byte>((void*)buffer.DangerousGetHandle(), (int)byteCount).Clear();
        return buffer;
    }

    private ref T At<T>(long offset)
        where T : unmanaged
        => ref *(T*)((byte*)_blocks.DangerousGetHandle() + offset);
}
