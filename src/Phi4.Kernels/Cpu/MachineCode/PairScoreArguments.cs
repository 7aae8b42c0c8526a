// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// Operands of the score kernels: <c>Scores[r, j] = queries[r, :] · keys[j, :]</c> for R rows (1 to 4), or groups of four, and the 32 keys of two blocks as
/// <see cref="KvLayerView"/> stores BF16, or codes of a byte. A score is one chain over pairs of BF16, pairs rising, the upper element of a pair first, each product added with one rounding.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PairScoreArguments
{
    /// <summary>[row group][pair][4 rows], a word of two BF16 each; for codes divided by <see cref="CodeWidening.Factor"/>.</summary>
    public uint* Queries;

    /// <summary>The first block.</summary>
    public byte* Keys0;

    /// <summary>The second.</summary>
    public byte* Keys1;

    /// <summary>As much as a block that will be read in a while: it comes into the second-level cache meanwhile.</summary>
    public byte* Asked0;

    /// <summary>Another one.</summary>
    public byte* Asked1;

    /// <summary>Row 0, first key; rows lie <see cref="AttentionKernels.RowBytes"/> apart.</summary>
    public float* Scores;

    /// <summary>Pairs of a row / <see cref="AttentionKernels.PairUnit"/>.</summary>
    public nint PairUnits;

    /// <summary>Groups of four rows; 1 for the kernels of fewer rows.</summary>
    public nint RowGroups;
}
