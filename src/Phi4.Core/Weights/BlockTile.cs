// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>Puts rows of codes, scales and offsets where <see cref="BlockLayout"/> wants them.</summary>
/// <param name="layout">What the blocks look like.</param>
/// <param name="columns">Inputs of the matrix, a multiple of <see cref="BlockLayout.BlockSize"/>.</param>
internal readonly struct BlockTile(BlockLayout layout, int columns)
{
    // A word holds four codes of a row (Int4: eight, the later four in the high halves); sixteen rows stand below each other.
    private const int HalfBits = 4;
    private const int GroupsPerBlock = BlockLayout.BlockSize / sizeof(uint);

    /// <summary>Writes one row of a run of tiles.</summary>
    /// <param name="row">Its number, counted from the first row of the first tile.</param>
    /// <param name="rowCodes">A code a column: signed bytes for Int8, 0 to 15 for Int4.</param>
    /// <param name="tiles">The tiles.</param>
    public void WriteCodes(int row, ReadOnlySpan<byte> rowCodes, Span<byte> tiles)
    {
        ReadOnlySpan<uint> groups = MemoryMarshal.Cast<byte, uint>(rowCodes[..columns]);
        for (int block = 0; block < BlockLayout.BlockCount(columns); block++)
        {
            int first = checked((int)layout.CodeOffset(columns, row, block * BlockLayout.BlockSize));
            Span<uint> words = MemoryMarshal.Cast<byte, uint>(tiles[first..]);
            ReadOnlySpan<uint> own = groups.Slice(block * GroupsPerBlock, GroupsPerBlock);
            if (layout.Format == WeightFormat.Int8)
            {
                for (int i = 0; i < own.Length; i++)
                {
                    words[i * BlockLayout.TileRows] = own[i];
                }
            }
            else
            {
                for (int i = 0; i < own.Length; i += 2)
                {
                    words[i / 2 * BlockLayout.TileRows] = own[i] | (own[i + 1] << HalfBits);
                }
            }
        }
    }

    /// <summary>Writes the scales of one row.</summary>
    public void WriteScales(int row, ReadOnlySpan<Half> rowScales, Span<byte> tiles) => WriteHalves(row, rowScales, 0, tiles);

    /// <summary>Writes the offsets of one row.</summary>
    public void WriteOffsets(int row, ReadOnlySpan<Half> rowOffsets, Span<byte> tiles) => WriteHalves(row, rowOffsets, BlockLayout.ScaleBytes, tiles);

    private void WriteHalves(int row, ReadOnlySpan<Half> values, int behindScales, Span<byte> tiles)
    {
        for (int block = 0; block < BlockLayout.BlockCount(columns); block++)
        {
            int at = checked((int)layout.ScaleOffset(columns, row, block * BlockLayout.BlockSize)) + behindScales;
            MemoryMarshal.Write(tiles[at..], values[block]);
        }
    }
}
