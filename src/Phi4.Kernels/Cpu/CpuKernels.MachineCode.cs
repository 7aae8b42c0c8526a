// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Cpu;

/// <content>Loops written at run time, where the compiler lacks the instructions.</content>
internal sealed partial class CpuKernels
{
    /// <summary>Why this process has none for int8 and int4 weights, or null if it has.</summary>
    public static string? WhyNoMachineCode => WhyNoFma ?? VnniKernels.WhyNot;

    /// <summary>Why this process has none for BF16 weights, or null if it has.</summary>
    public static string? WhyNoBFloat16MachineCode => WhyNoFma ?? BFloat16Kernels.WhyNot;

    private static string? WhyNoFma
        => VectorHardware.HasFma ? null : "this program was compiled without fused multiply-adds, which would make results differ";

    // Narrower vectors asked for mean narrower products too.
    private static bool TakesMachineCode(CpuOptions options)
        => options.UsesMachineCode && options.VectorWidth is (VectorWidth.Auto or VectorWidth.V512) && WhyNoFma is null;
}
