// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// The loops of the quantized linears in AVX512-VNNI, which .NET has no class for: machine code written at run time. Bodies and the memory they
/// stand in live as long as the process, so a pointer once got stays valid.
/// </summary>
internal sealed unsafe class VnniKernels
{
    /// <summary>Tokens that the panel kernel takes at once.</summary>
    public const int PanelTokens = 6;

    /// <summary>Tiles of sixteen rows that the panel kernel takes at once.</summary>
    public const int PanelTiles = 2;

    /// <summary>Most tokens that the few-token kernels take at once.</summary>
    public const int MostFewTokens = 8;

    private VnniKernels()
    {
    }

    /// <summary>The process's kernels, or null; <see cref="WhyNot"/> then says why.</summary>
    public static VnniKernels? Shared => null;

    /// <summary>Why there are none, or null if there are.</summary>
    public static string? WhyNot => "not built yet";

    /// <summary>The many-token kernel.</summary>
    public delegate* unmanaged<PanelArguments*, void> Panel(bool hasOffsets) => throw new NotSupportedException();

    /// <summary>The kernel for 1 to <see cref="MostFewTokens"/> tokens over weights as stored.</summary>
    public delegate* unmanaged<FewTokenArguments*, void> FewTokens(WeightFormat format, bool hasOffsets, int tokenCount) => throw new NotSupportedException();
}
