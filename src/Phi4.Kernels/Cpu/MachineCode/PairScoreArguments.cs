// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// Operands of the score kernels: <c>Scores[r, j] = queries[r, :] · keys[j, :]</c> for R rows (1 to 4), or groups of four, and the 32 keys of two blocks as
/// <see cref="KvLayerView"/> stores BF16. A score is one chain over pairs of BF16, pairs rising, the upper element of a pair first, each product added with one rounding.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PairScoreArguments
{
    /// <summary>[row group][pair][4 rows], a word of two BF16 each.</summary>
    public uint* Queries;

    /// <summary>The first block.</summary>
    public byte* Keys0;

    /// <summary>The second.</summary>
    public byte* Keys1;

    /// <summary>What will be read next, as much as a block: asked for meanwhile.</summary>
    public byte* Next0;

    /// <summary>What will be read then.</summary>
    public byte* Next1;

    /// <summary>Row 0, first key; rows lie <see cref="AttentionKernels.RowBytes"/> apart.</summary>
    public float* Scores;

    /// <summary>Pairs of a row / <see cref="AttentionKernels.PairUnit"/>.</summary>
    public nint PairUnits;

    /// <summary>Groups of four rows; 1 for the kernels of fewer rows.</summary>
    public nint RowGroups;
}
