// SPDX-License-Identifier: MIT
namespace Phi4.Kernels;

/// <summary>
/// Where the codes and scales of a quantized matrix [N, H] lie. Sixteen rows side by side are a tile and 32 inputs a block, so that a vector of
/// sixteen 32-bit lanes holds four inputs of each of the tile's rows: the operand of a 4-way dot product (vpdpbusd, sdot).
/// N and H count as if rounded up to whole tiles and blocks; what lies beyond has code 0 and scale 0.
/// </summary>
/// <remarks>
/// Codes, tile after tile, in a tile block after block:
/// <c>Int8</c>: 512 bytes a block, byte <c>(k / 4) * 64 + row * 4 + k % 4</c> is the code of (row, k), k in [0, 32).
/// <c>Int4</c>: 256 bytes a block, byte <c>(k / 8) * 64 + row * 4 + k % 4</c> holds the code of (row, k) in its low half when k % 8 is below 4, else in its high half.
/// Scales, and offsets alike: F16, tile after tile, block after block, sixteen rows.
/// </remarks>
internal static class BlockLayout
{
    /// <summary>Rows of a tile.</summary>
    public const int TileRows = 16;

    /// <summary>Inputs of a block.</summary>
    public const int BlockSize = 32;

    /// <summary>Sixteen F16 scales.</summary>
    public const int ScaleBytesPerBlock = TileRows * 2;

    public static int TileCount(int rows) => (int)(((long)rows + TileRows - 1) / TileRows);

    public static int BlockCount(int columns) => (int)(((long)columns + BlockSize - 1) / BlockSize);

    /// <summary>Bytes of the codes of a block of a tile.</summary>
    public static int CodeBytesPerBlock(WeightFormat format) => format switch
    {
        WeightFormat.Int8 => TileRows * BlockSize,
        WeightFormat.Int4 => TileRows * BlockSize / 2,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Only Int8 and Int4 have blocks."),
    };

    public static long CodeBytesPerTile(WeightFormat format, int columns) => (long)BlockCount(columns) * CodeBytesPerBlock(format);

    public static long ScaleBytesPerTile(int columns) => (long)BlockCount(columns) * ScaleBytesPerBlock;

    /// <summary>Bytes of all codes.</summary>
    public static long CodeBytes(WeightFormat format, int rows, int columns) => TileCount(rows) * CodeBytesPerTile(format, columns);

    /// <summary>Bytes of all scales, and of all offsets where there are any.</summary>
    public static long ScaleBytes(int rows, int columns) => TileCount(rows) * ScaleBytesPerTile(columns);

    /// <summary>The code byte of (row, column), counted from the start of the codes.</summary>
    public static long CodeOffset(WeightFormat format, int columns, int row, int column)
    {
        int k = column % BlockSize;
        int inBlock = ((format == WeightFormat.Int8 ? k / 4 : k / 8) * 64) + (row % TileRows * 4) + (k % 4);
        return (row / TileRows * CodeBytesPerTile(format, columns)) + ((long)(column / BlockSize) * CodeBytesPerBlock(format)) + inBlock;
    }

    /// <summary>Int4: the code of this column is the high half of its byte.</summary>
    public static bool IsHighHalf(int column) => column % 8 >= 4;

    /// <summary>The scale (or offset) of (row, column), in F16 elements from the start of the scales.</summary>
    public static long ScaleIndex(int columns, int row, int column)
        => ((((long)(row / TileRows) * BlockCount(columns)) + (column / BlockSize)) * TileRows) + (row % TileRows);
}
