// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>What the processor has, whatever this program was compiled for.</summary>
/// <remarks>
/// A just-in-time runtime is asked first: it knows that the system saves the wide registers, and settings like DOTNET_EnableAVX512=0 take its
/// AVX-512 away. Ahead of time its answer is what the program was published for; then processor and system are asked themselves.
/// </remarks>
internal static unsafe class InstructionSets
{
    // Bits of the answers to leaf 1 and leaf 7, as the processors' manuals number them.
    private const int SavesExtendedState = 1 << 27;
    private const int Avx512F = 1 << 16;
    private const int Avx512BW = 1 << 30;
    private const int Avx512VL = 1 << 31;
    private const int Avx512Vbmi = 1 << 1;
    private const int Avx512Vnni = 1 << 11;

    // Of the second part of leaf 7.
    private const int Avx512BFloat16 = 1 << 5;

    // SSE, AVX and the three parts of AVX-512.
    private const uint WideRegisters = 0b1110_0110;

    /// <summary>Permutations of bytes across a whole register.</summary>
    public static bool HasVbmi => X86Base.X64.IsSupported && (Leaf7().Ecx & Avx512Vbmi) != 0;

    /// <summary>Why code in AVX512-VNNI cannot run here, in words, or null if it can.</summary>
    public static string? MissingForVnni() => MissingBase() ?? ((Leaf7().Ecx & Avx512Vnni) == 0 ? "AVX512-VNNI is missing" : MissingSupport());

    /// <summary>Why code in AVX512-BF16 cannot run here, in words, or null if it can.</summary>
    public static string? MissingForBFloat16() => MissingBase() ?? (HasBFloat16 ? MissingSupport() : "AVX512-BF16 is missing");

    /// <summary>Why the system does not keep 512-bit registers when it changes threads, or null if it does.</summary>
    public static string? MissingInSystem()
    {
        if ((X86Base.CpuId(1, 0).Ecx & SavesExtendedState) == 0)
        {
            return "the system does not save wide registers";
        }

        // The one question that only an instruction of its own answers.
        var code = new Assembler();
        code.Mov(Gpr.Rcx, 0u);
        code.Xgetbv();
        code.Ret();
        using ExecutableMemory? memory = ExecutableMemory.TryCreate(code.ToArray(), out string? whyNot);
        if (memory is null)
        {
            return whyNot;
        }

        uint saved = ((delegate* unmanaged<uint>)memory.Address)();
        return (saved & WideRegisters) == WideRegisters ? null : "the system does not save 512-bit registers";
    }

    private static bool HasBFloat16 => X86Base.CpuId(7, 0).Eax >= 1 && (X86Base.CpuId(7, 1).Eax & Avx512BFloat16) != 0;

    private static string? MissingBase()
    {
        if (!X86Base.X64.IsSupported)
        {
            return "the processor is not an x86-64";
        }

        if (RuntimeFeature.IsDynamicCodeCompiled && !System.Runtime.Intrinsics.X86.Avx512F.VL.IsSupported)
        {
            return "AVX-512 is missing or turned off";
        }

        const int Base = Avx512F | Avx512BW | Avx512VL;
        return (Leaf7().Ebx & Base) == Base ? null : "AVX-512 with BW and VL is missing";
    }

    // A just-in-time runtime has looked already.
    private static string? MissingSupport() => RuntimeFeature.IsDynamicCodeCompiled ? null : MissingInSystem();

    private static (int Ebx, int Ecx) Leaf7()
    {
        if (X86Base.CpuId(0, 0).Eax < 7)
        {
            return default;
        }

        (_, int ebx, int ecx, _) = X86Base.CpuId(7, 0);
        return (ebx, ecx);
    }
}
