// SPDX-License-Identifier: MIT
using System.Buffers;
using Phi4.Kernels;

namespace Phi4.Core.Weights.Hub;

/// <summary>
/// A quantized matrix of the hub: its exact values, and what it becomes in <see cref="BlockLayout"/>. Where codes or scales don't fit the blocks, the values
/// become 8-bit codes anew, each at most half a step off, a step being the block's largest value over 127.
/// </summary>
internal abstract class PackedMatrix
{
    private const int Tile = BlockLayout.TileRows;

    /// <param name="parts">What the file has of the matrix.</param>
    /// <param name="stored">How the file keeps it, for people.</param>
    /// <param name="format">What it becomes.</param>
    /// <param name="keepsCodes">The blocks hold the file's codes, not new ones.</param>
    protected PackedMatrix(MatrixParts parts, string stored, BlockFormat format, bool keepsCodes)
    {
        KeepsCodes = keepsCodes;
        Parts = parts.Used;
        Rows = parts.Rows;
        Columns = parts.Columns;
        Tensor = new SourceTensor(parts.Matrix.Name, parts.Matrix.Shape, stored, parts.File, parts.ByteCount)
        {
            Blocks = format,
            Becomes = format.Describe(keepsCodes),
        };
    }

    public SourceTensor Tensor { get; }

    /// <summary>The tensors that hold it.</summary>
    public IReadOnlyList<TensorInfo> Parts { get; }

    protected bool KeepsCodes { get; }

    protected int Rows { get; }

    protected int Columns { get; }

    /// <summary>Columns in whole blocks.</summary>
    protected int Stride => BlockCount * BlockLayout.BlockSize;

    protected int BlockCount => BlockLayout.BlockCount(Columns);

    /// <summary>Values of rows, exactly, rounded once where F32 can't say them.</summary>
    public abstract void ReadRows(int start, int count, Span<float> destination);

    /// <summary>As <see cref="IWeightSource.ReadBlocks"/>.</summary>
    public void ReadBlocks(int start, int count, Span<byte> tiles)
    {
        tiles.Clear();
        BlockLayout layout = Tensor.Blocks!.Value.Layout;
        BlockTile tile = new(layout, Stride);
        byte[] rowCodes = ArrayPool<byte>.Shared.Rent(Tile * Stride);
        Half[] rowScales = ArrayPool<Half>.Shared.Rent(Tile * BlockCount);
        Half[] rowOffsets = ArrayPool<Half>.Shared.Rent(Tile * BlockCount);
        for (int first = 0; first < count; first += Tile)
        {
            int some = Math.Min(Tile, count - first);
            Encode(start + first, some, rowCodes, rowScales, rowOffsets);
            for (int row = 0; row < some; row++)
            {
                Span<Half> ofRow = rowScales.AsSpan(row * BlockCount, BlockCount);
                Check(start + first + row, ofRow);
                tile.WriteCodes(first + row, rowCodes.AsSpan(row * Stride, Stride), tiles);
                tile.WriteScales(first + row, ofRow, tiles);
                if (layout.HasOffsets)
                {
                    Check(start + first + row, rowOffsets.AsSpan(row * BlockCount, BlockCount));
                    tile.WriteOffsets(first + row, rowOffsets.AsSpan(row * BlockCount, BlockCount), tiles);
                }
            }
        }

        ArrayPool<byte>.Shared.Return(rowCodes);
        ArrayPool<Half>.Shared.Return(rowScales);
        ArrayPool<Half>.Shared.Return(rowOffsets);
    }

    /// <summary>Codes [count, <see cref="Stride"/>], scales and offsets [count, <see cref="BlockCount"/>] from what the file has; only if the codes are kept.</summary>
    protected abstract void Keep(int start, int count, Span<byte> codes, Span<Half> scales, Span<Half> offsets);

    private void Encode(int start, int count, Span<byte> codes, Span<Half> scales, Span<Half> offsets)
    {
        if (KeepsCodes)
        {
            Keep(start, count, codes, scales, offsets);
            ClearBeyond(count, codes);
            return;
        }

        float[] values = ArrayPool<float>.Shared.Rent(Stride);
        for (int row = 0; row < count; row++)
        {
            Span<float> ofRow = values.AsSpan(0, Stride);
            ofRow[Columns..].Clear();
            ReadRows(start + row, 1, ofRow[..Columns]);
            NearestInt8.Encode(ofRow, codes.Slice(row * Stride, Stride), scales.Slice(row * BlockCount, BlockCount));
        }

        ArrayPool<float>.Shared.Return(values);
    }

    private void ClearBeyond(int count, Span<byte> codes)
    {
        for (int row = 0; row < count && Stride != Columns; row++)
        {
            codes.Slice((row * Stride) + Columns, Stride - Columns).Clear();
        }
    }

    private void Check(int row, ReadOnlySpan<Half> scales)
    {
        for (int block = 0; block < scales.Length; block++)
        {
            if (!Half.IsFinite(scales[block]))
            {
                throw new ModelFormatException(
                    Tensor.File, FormattableString.Invariant($"{Tensor.Name}, row {row}, inputs from {block * BlockLayout.BlockSize}"),
                    "weights whose scale is a finite number that F16 can hold", $"{scales[block]}");
            }
        }
    }
}
