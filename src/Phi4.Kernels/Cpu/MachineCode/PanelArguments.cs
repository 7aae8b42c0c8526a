// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// Operands of the many-token kernel: <c>Sums[t, n] += weights[n, :] · tokens[t, :]</c> for two tiles of sixteen rows, six tokens and a run of
/// blocks of 32 inputs. For every block, blocks rising: <c>acc = fma((float)idot, WeightScales * TokenScales, acc)</c>, the product rounded, and
/// with offsets then <c>acc = fma(WeightOffsets, TokenSums, acc)</c>. No alignment is needed; 64 bytes for the weights are best.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PanelArguments
{
    /// <summary>Code values + 128: [block][8 steps][2 tiles][16 rows][4 inputs], 1024 bytes a block.</summary>
    public byte* Weights;

    /// <summary>[block][2 tiles][16 rows].</summary>
    public float* WeightScales;

    /// <summary>As the scales; read by the kernel with offsets only.</summary>
    public float* WeightOffsets;

    /// <summary>Quantized activations: [block][8 steps][6 tokens][4 inputs].</summary>
    public sbyte* Tokens;

    /// <summary>[block][6 tokens].</summary>
    public float* TokenScales;

    /// <summary>-128 * (sum of the token's 32 quantized inputs), which undoes the + 128 of the weights: [block][6 tokens].</summary>
    public int* TokenStarts;

    /// <summary>Scale * (float)(sum of the token's 32 quantized inputs): [block][6 tokens]; read by the kernel with offsets only.</summary>
    public float* TokenSums;

    /// <summary>At least 1.</summary>
    public long BlockCount;

    /// <summary>Taken in, added to, written back: [6 tokens][2 tiles][16 rows].</summary>
    public float* Sums;
}
