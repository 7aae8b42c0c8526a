// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics.X86;

namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>What the processor has that .NET does not tell of.</summary>
internal static class InstructionSets
{
    /// <summary>What the kernels lack here, in words, or null.</summary>
    /// <remarks>
    /// That the system saves the wide registers is in the runtime's answer, and so is DOTNET_EnableAVX512=0; the processor alone is asked
    /// for what the runtime has no class for.
    /// </remarks>
    public static string? Missing()
    {
        if (!X86Base.X64.IsSupported)
        {
            return "the processor is not an x86-64";
        }

        if (!Avx512F.IsSupported || !Avx512BW.IsSupported || !Avx512F.VL.IsSupported || !Avx512Vbmi.IsSupported)
        {
            return "AVX-512 with BW, VL and VBMI is missing or turned off";
        }

        return HasVnni() ? null : "AVX512-VNNI is missing";
    }

    private static bool HasVnni() => X86Base.CpuId(0, 0).Eax >= 7 && (X86Base.CpuId(7, 0).Ecx & (1 << 11)) != 0;
}
