// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu;

namespace Phi4.Core.Diagnostics;

/// <summary>
/// Loops of the CPU backend that are written as machine code at run time, for instructions that .NET cannot compile to. Without them the same is computed, slower;
/// <c>PHI4_MACHINE_CODE=0</c> turns them off.
/// </summary>
public static class MachineCode
{
    /// <summary>Why int8 and int4 weights do without: the processor, the system or the switch. Null if they have it.</summary>
    public static string? WhyNot => CpuKernels.WhyNoMachineCode;

    /// <summary>Why BF16 weights do without. Null if they have it.</summary>
    public static string? WhyNotForBFloat16 => CpuKernels.WhyNoBFloat16MachineCode;
}
