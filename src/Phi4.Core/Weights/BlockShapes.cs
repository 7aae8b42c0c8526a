// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>Types, sizes and places of the tensors that hold a matrix in blocks. docs/quantization.md describes them.</summary>
internal static class BlockShapes
{
    /// <summary>Where a file's data begins, and every part whose predecessors are multiples of it: a cache line.</summary>
    public const int FileAlignment = 64;

    /// <summary>Signed bytes for Int8, pairs of 4-bit codes for Int4.</summary>
    public static DType CodeType(WeightFormat format) => format == WeightFormat.Int8 ? DType.I8 : DType.U8;

    /// <summary>[tiles, blocks, bytes of a block].</summary>
    public static IReadOnlyList<long> Codes(WeightFormat format, TensorSpec matrix) => [Tiles(matrix), Blocks(matrix), BlockLayout.CodeBytesPerBlock(format)];

    /// <summary>[tiles, blocks, rows of a tile], of scales and of offsets.</summary>
    public static IReadOnlyList<long> Scales(TensorSpec matrix) => [Tiles(matrix), Blocks(matrix), BlockLayout.TileRows];

    /// <summary>Where kernels want a part to begin: a cache line for codes, half of one for scales.</summary>
    public static int Alignment(DType dtype) => dtype == DType.F16 ? BlockLayout.ScaleBytesPerBlock : FileAlignment;

    private static long Tiles(TensorSpec matrix) => BlockLayout.TileCount(checked((int)matrix.Shape[0]));

    private static long Blocks(TensorSpec matrix) => BlockLayout.BlockCount(checked((int)matrix.Shape[1]));
}
