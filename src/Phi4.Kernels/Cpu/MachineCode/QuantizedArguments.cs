// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// Operands of the quantized kernels: <c>Sums[t, n] += weights[n, :] · tokens[t, :]</c> for 1, 2 or 4 tiles of sixteen rows, T tokens (1 to 8) and a run
/// of blocks of 32 inputs, reading codes and scales as <see cref="BlockLayout"/> stores them. For every block, blocks rising:
/// <c>acc = fma((float)dot, scale * token's scale, acc)</c>, the product rounded, and with offsets then <c>acc = fma(offset, token's sum, acc)</c>.
/// No alignment is needed; 64 bytes for the codes are best.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct QuantizedArguments
{
    /// <summary>Int4: what the sixteen codes stand for, + 128 each.</summary>
    public Vector128<byte> Table;

    /// <summary>Each tile's first code byte.</summary>
    public TilePointers Codes;

    /// <summary>Each tile's first scale, F16.</summary>
    public TilePointers Scales;

    /// <summary>Each tile's first offset, F16; read by the kernels with offsets only.</summary>
    public TilePointers Offsets;

    /// <summary>
    /// Quantized activations, block after block: [8 steps][T tokens][4 inputs] signed bytes, then for each token the start
    /// <c>-128 * (sum of the 32 bytes)</c>, which undoes the + 128 of the weights, then the scales, then the sums <c>scale * (float)(sum of the 32 bytes)</c>.
    /// </summary>
    public byte* Tokens;

    /// <summary>At least 1.</summary>
    public long BlockCount;

    /// <summary>Taken in, added to, written back: [T tokens][tiles][16 rows].</summary>
    public float* Sums;
}

/// <summary>An address for each tile.</summary>
[InlineArray(Count)]
internal struct TilePointers
{
    /// <summary>Most tiles that a kernel takes.</summary>
    public const int Count = 4;

    private nint _first;
}
