// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>Puts rows of codes, scales and offsets where <see cref="BlockLayout"/> wants them.</summary>
/// <param name="format">Int8 or Int4.</param>
/// <param name="columns">Inputs of the matrix, a multiple of <see cref="BlockLayout.BlockSize"/>.</param>
internal readonly struct BlockTile(WeightFormat format, int columns)
{
    // A word holds four codes of a row (Int4: eight, the later four in the high halves); sixteen rows stand below each other.
    private const int HalfBits = 4;
    private const int WordsPerGroup = BlockLayout.TileRows;

    /// <summary>Writes one row of a run of tiles.</summary>
    /// <param name="row">Its number, counted from the first row of the first tile.</param>
    /// <param name="rowCodes">A code a column: signed bytes for Int8, 0 to 15 for Int4.</param>
    /// <param name="codes">The tiles' codes.</param>
    public void WriteCodes(int row, ReadOnlySpan<byte> rowCodes, Span<byte> codes)
    {
        int tileBytes = checked((int)BlockLayout.CodeBytesPerTile(format, columns));
        Span<uint> tile = MemoryMarshal.Cast<byte, uint>(codes.Slice(row / BlockLayout.TileRows * tileBytes, tileBytes));
        ReadOnlySpan<uint> groups = MemoryMarshal.Cast<byte, uint>(rowCodes[..columns]);
        int lane = row % BlockLayout.TileRows;
        if (format == WeightFormat.Int8)
        {
            for (int i = 0; i < groups.Length; i++)
            {
                tile[(i * WordsPerGroup) + lane] = groups[i];
            }
        }
        else
        {
            for (int i = 0; i < groups.Length; i += 2)
            {
                tile[(i / 2 * WordsPerGroup) + lane] = groups[i] | (groups[i + 1] << HalfBits);
            }
        }
    }

    /// <summary>Writes the scales, or the offsets, of one row.</summary>
    public void WriteScales(int row, ReadOnlySpan<Half> rowScales, Span<Half> scales)
    {
        int blocks = BlockLayout.BlockCount(columns);
        int at = (row / BlockLayout.TileRows * blocks * BlockLayout.TileRows) + (row % BlockLayout.TileRows);
        for (int block = 0; block < blocks; block++)
        {
            scales[at + (block * BlockLayout.TileRows)] = rowScales[block];
        }
    }
}
