// SPDX-License-Identifier: MIT
namespace Phi4.Kernels;

/// <summary>
/// Where the codes, scales and offsets of a quantized matrix [N, H] lie. Sixteen rows side by side are a tile and 32 inputs a block, so that a vector of
/// sixteen 32-bit lanes holds four inputs of each of the tile's rows: the operand of a 4-way dot product (vpdpbusd, sdot).
/// N and H count as if rounded up to whole tiles and blocks; what lies beyond has code 0 and scale 0.
/// </summary>
/// <param name="Format">Int8 or Int4.</param>
/// <param name="HasOffsets">Int4: there is an offset beside each scale.</param>
/// <remarks>
/// Tile after tile, in a tile block after block: one stream of memory for whoever reads tiles in turn. In a block
/// the codes, then sixteen scales, then, where there are any, sixteen offsets, F16 and a row each.
/// <c>Int8</c>: 512 bytes of codes, byte <c>(k / 4) * 64 + row * 4 + k % 4</c> is the code of (row, k), k in [0, 32).
/// <c>Int4</c>: 256 bytes, byte <c>(k / 8) * 64 + row * 4 + k % 4</c> holds the code of (row, k) in its low half when k % 8 is below 4, else in its high half.
/// </remarks>
internal readonly record struct BlockLayout(WeightFormat Format, bool HasOffsets = false)
{
    /// <summary>Rows of a tile.</summary>
    public const int TileRows = 16;

    /// <summary>Inputs of a block.</summary>
    public const int BlockSize = 32;

    /// <summary>Sixteen F16 scales, or offsets.</summary>
    public const int ScaleBytes = TileRows * 2;

    /// <summary>Of which the address of a matrix has to be a multiple; blocks then are too.</summary>
    public const int Alignment = 32;

    /// <summary>Bytes of the codes of a block of a tile.</summary>
    public int CodeBytes => Format switch
    {
        WeightFormat.Int8 => TileRows * BlockSize,
        WeightFormat.Int4 => TileRows * BlockSize / 2,
        _ => throw new InvalidOperationException($"Only Int8 and Int4 have blocks, not {Format}."),
    };

    /// <summary>Bytes of a block of a tile.</summary>
    public int BlockBytes => CodeBytes + (HasOffsets ? 2 * ScaleBytes : ScaleBytes);

    public static int TileCount(int rows) => (int)(((long)rows + TileRows - 1) / TileRows);

    public static int BlockCount(int columns) => (int)(((long)columns + BlockSize - 1) / BlockSize);

    /// <summary>Int4: the code of this column is the high half of its byte.</summary>
    public static bool IsHighHalf(int column) => column % 8 >= 4;

    /// <summary>Bytes of a tile.</summary>
    public long TileBytes(int columns) => (long)BlockCount(columns) * BlockBytes;

    /// <summary>Bytes of a matrix.</summary>
    public long ByteCount(int rows, int columns) => TileCount(rows) * TileBytes(columns);

    /// <summary>The code byte of (row, column), counted from the matrix's first.</summary>
    public long CodeOffset(int columns, int row, int column)
    {
        int k = column % BlockSize;
        return BlockOffset(columns, row, column) + ((Format == WeightFormat.Int8 ? k / 4 : k / 8) * 64) + (row % TileRows * 4) + (k % 4);
    }

    /// <summary>The first byte of the scale of (row, column); that of its offset lies <see cref="ScaleBytes"/> behind.</summary>
    public long ScaleOffset(int columns, int row, int column) => BlockOffset(columns, row, column) + CodeBytes + (row % TileRows * 2);

    private long BlockOffset(int columns, int row, int column) => (row / TileRows * TileBytes(columns)) + ((long)(column / BlockSize) * BlockBytes);
}
