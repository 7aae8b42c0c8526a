// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>Types, sizes and places of the tensors that hold a matrix in blocks. docs/quantization.md describes them.</summary>
internal static class BlockShapes
{
    /// <summary>Where a file's data begins, and every part whose predecessors are multiples of it: a cache line.</summary>
    public const int FileAlignment = 64;

    private static readonly BlockLayout[] Layouts = [new(WeightFormat.Int8), new(WeightFormat.Int4), new(WeightFormat.Int4, HasOffsets: true)];

    /// <summary>[tiles, blocks, bytes of a block].</summary>
    public static IReadOnlyList<long> Blocks(BlockLayout layout, TensorSpec matrix) =>
        [BlockLayout.TileCount(checked((int)matrix.Shape[0])), BlockLayout.BlockCount(checked((int)matrix.Shape[1])), layout.BlockBytes];

    /// <summary>The layout whose blocks have so many bytes, or null.</summary>
    public static BlockLayout? OfBlockBytes(long byteCount)
    {
        int found = Array.FindIndex(Layouts, layout => layout.BlockBytes == byteCount);
        return found < 0 ? null : Layouts[found];
    }
}
