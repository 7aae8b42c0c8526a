// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Cpu;

/// <content>Loops written at run time, where the compiler lacks the instructions.</content>
internal sealed partial class CpuKernels
{
    /// <summary>Why this process has none, or null if it has.</summary>
    public static string? WhyNoMachineCode
        => VectorHardware.HasFma ? VnniKernels.WhyNot : "this program was compiled without fused multiply-adds, which would make results differ";

    // Narrower vectors asked for mean narrower products too.
    private static VnniKernels? MachineCodeFor(CpuOptions options)
        => UsesMachineCode(options) ? VnniKernels.Shared : null;

    private static bool UsesMachineCode(CpuOptions options)
        => options.UsesMachineCode && options.VectorWidth is (VectorWidth.Auto or VectorWidth.V512) && WhyNoMachineCode is null;
}
