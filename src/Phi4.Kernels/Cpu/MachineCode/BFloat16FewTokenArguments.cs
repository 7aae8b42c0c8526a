// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// Operands of the few-token kernels: three or four rows, read where they are stored, times T tokens over a run of vectors of 32 inputs, BF16 both. The
/// arithmetic is that of <see cref="BFloat16TileArguments"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BFloat16FewTokenArguments
{
    /// <summary>The rows' first inputs of the run.</summary>
    public ushort* Row0;

    /// <inheritdoc cref="Row0"/>
    public ushort* Row1;

    /// <inheritdoc cref="Row0"/>
    public ushort* Row2;

    /// <summary>Where four rows are taken: <see cref="BFloat16Kernels.FewTokenRows"/>.</summary>
    public ushort* Row3;

    /// <summary>[vector][T tokens][32 inputs].</summary>
    public ushort* Tokens;

    /// <summary>At least 1.</summary>
    public long VectorCount;

    /// <summary>Taken in, added to, written back: [row][T tokens][16 lanes].</summary>
    public float* Lanes;

    /// <summary>How far behind each row what is wanted next lies, in bytes: a line of it is asked for with each vector.</summary>
    public long Next;
}
