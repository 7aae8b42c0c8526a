// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// Operands of the many-token kernel: six rows times tiles of four tokens over a run of vectors of 32 inputs, BF16 both. Each of sixteen lanes takes a pair
/// of a vector, the upper element first; the lanes of unfinished sums go to memory and come back, finished ones are added as a tree:
/// i + (i + 8), then 4, 2 and 1 apart. No alignment is needed; 64 bytes are best.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BFloat16TileArguments
{
    /// <summary>[vector][6 rows][32 inputs].</summary>
    public ushort* Weights;

    /// <summary>[tile][vector][4 tokens][32 inputs].</summary>
    public ushort* Tokens;

    /// <summary>At least 1.</summary>
    public long VectorCount;

    /// <summary>At least 1.</summary>
    public long TileCount;

    /// <summary>[tile][4 tokens][6 rows][16 lanes]; not touched where the sums both start and end.</summary>
    public float* Lanes;

    /// <summary>Finished sums, <see cref="BFloat16Kernels.SumStride"/> floats a token: of each the first 8 are written, 6 of them sums.</summary>
    public float* Sums;

    /// <summary>What is wanted next; each vector of each tile asks for a line of it.</summary>
    public byte* Next;

    /// <summary>Bytes from what one tile asks for to what the next does.</summary>
    public long NextStride;
}
