// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu;

namespace Phi4.Core.Diagnostics;

/// <summary>
/// Loops of the CPU backend that are written as machine code at run time, for instructions that .NET cannot compile to. Without them int8 and int4
/// weights give the same bits, slower.
/// </summary>
public static class MachineCode
{
    /// <summary>Why this process does without: the processor, the system or <c>PHI4_MACHINE_CODE=0</c>. Null if it has them.</summary>
    public static string? WhyNot => CpuKernels.WhyNoMachineCode;
}
