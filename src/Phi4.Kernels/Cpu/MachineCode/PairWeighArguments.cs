// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// Operands of the kernels that weigh values: <c>States[r, i] += sum over keys of weights[r, j] * values[j, i]</c> for R rows (1 to 4), C vectors of sixteen columns (1 to 4) and
/// the keys of some blocks as <see cref="KvLayerView"/> stores BF16, or codes of a byte: pairs of keys rising, the upper element of a pair first, each product added with one rounding.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PairWeighArguments
{
    /// <summary>The values of each block.</summary>
    public byte** Blocks;

    /// <summary>For each block as much that will be read in a while: it comes into the second-level cache meanwhile.</summary>
    public byte** Asked;

    /// <summary>Blocks, at least 1.</summary>
    public nint BlockCount;

    /// <summary>Bytes from a pair of keys, or four of codes, to the next.</summary>
    public nint PairBytes;

    /// <summary>Bytes from a pair's start to the first column.</summary>
    public nint ColumnBytes;

    /// <summary>Row 0, the first block's first pair, a word of two BF16, for codes divided by <see cref="CodeWidening.Factor"/>; rows lie <see cref="AttentionKernels.RowBytes"/> apart.</summary>
    public uint* Weights;

    /// <summary>Row 0, first column.</summary>
    public float* States;

    /// <summary>Bytes from a row of states to the next.</summary>
    public nint StateBytes;
}
