// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// Operands of the few-token kernels: <c>Sums[t, n] += weights[n, :] · tokens[t, :]</c> for one tile of sixteen rows, T tokens (1 to 8) and a run of
/// blocks, reading codes and scales as <see cref="BlockLayout"/> stores them. The arithmetic is that of <see cref="PanelArguments"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FewTokenArguments
{
    /// <summary>Int4: what the sixteen codes stand for, + 128 each.</summary>
    public Vector128<byte> Table;

    /// <summary>The tile's first code byte.</summary>
    public byte* Codes;

    /// <summary>The tile's first scale, F16.</summary>
    public ushort* Scales;

    /// <summary>The tile's first offset, F16; read by the kernels with offsets only.</summary>
    public ushort* Offsets;

    /// <summary>Quantized activations: [block][8 steps][T tokens][4 inputs].</summary>
    public sbyte* Tokens;

    /// <summary>[block][T tokens].</summary>
    public float* TokenScales;

    /// <summary>-128 * (sum of the token's 32 quantized inputs): [block][T tokens].</summary>
    public int* TokenStarts;

    /// <summary>Scale * (float)(sum of the token's 32 quantized inputs): [block][T tokens]; read by the kernels with offsets only.</summary>
    public float* TokenSums;

    /// <summary>At least 1.</summary>
    public long BlockCount;

    /// <summary>Taken in, added to, written back: [T tokens][16 rows].</summary>
    public float* Sums;
}
