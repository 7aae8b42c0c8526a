// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Cpu;

/// <content>Loops written at run time, where the compiler lacks the instructions.</content>
internal sealed partial class CpuKernels
{
    /// <summary>Why this process has none, or null if it has.</summary>
    public static string? WhyNoMachineCode => VnniKernels.WhyNot;
}
