// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// Operands of the one-token kernel: rows, read one after the other where they are stored, times one token over a run of vectors of 32 inputs, BF16 both. The
/// arithmetic is that of <see cref="BFloat16TileArguments"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BFloat16OneTokenArguments
{
    /// <summary>The first row's first inputs of the run.</summary>
    public ushort* Rows;

    /// <summary>Bytes from the end of the run in one row to its beginning in the next.</summary>
    public long RowSkip;

    /// <summary>At least 1.</summary>
    public long RowCount;

    /// <summary>[vector][32 inputs].</summary>
    public ushort* Token;

    /// <summary>At least 1.</summary>
    public long VectorCount;

    /// <summary>Taken in, added to, written back: [row][16 lanes].</summary>
    public float* Lanes;
}
