// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// Operands of the quantized kernels: <c>Sums[t, n] += weights[n, :] · tokens[t, :]</c> for tiles of sixteen rows, one after the other, T tokens (1 to 8) and
/// a run of blocks of 32 inputs, reading blocks as <see cref="BlockLayout"/> stores them. For every block, blocks rising:
/// <c>acc = fma((float)dot, scale * token's scale, acc)</c>, the product rounded, and with offsets then <c>acc = fma(offset, token's sum, acc)</c>.
/// No alignment is needed; 32 bytes are best.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct QuantizedArguments
{
    /// <summary>Int4: what the sixteen codes stand for, + 128 each.</summary>
    public Vector128<byte> Table;

    /// <summary>The first tile's first block.</summary>
    public nint Weights;

    /// <summary>From the end of a tile's run of blocks to the start of the next tile's, in bytes.</summary>
    public nint TileSkip;

    /// <summary>At least 1.</summary>
    public long TileCount;

    /// <summary>At least 1.</summary>
    public long BlockCount;

    /// <summary>
    /// Quantized activations, block after block: [8 steps][T tokens][4 inputs] signed bytes, then for each token the start
    /// <c>-128 * (sum of the 32 bytes)</c>, which undoes the + 128 of the weights, then the scales, then the sums <c>scale * (float)(sum of the 32 bytes)</c>.
    /// </summary>
    public byte* Tokens;

    /// <summary>Taken in, added to, written back: for each token the rows of all tiles side by side.</summary>
    public float* Sums;

    /// <summary>From a token's sums to the next one's, in bytes.</summary>
    public nint SumStride;
}
