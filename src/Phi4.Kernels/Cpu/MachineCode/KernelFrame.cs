// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>How a function is called: where its argument is and which registers it must leave as they were.</summary>
internal enum CallingConvention
{
    /// <summary>Argument in rdi; no vector register is the caller's.</summary>
    SystemV,

    /// <summary>Argument in rcx; rdi, rsi and xmm6 to xmm15 are the caller's.</summary>
    Windows,
}

/// <summary>Entry and exit of a kernel that takes one pointer: between the two it is in rdi, and every register but rbx, rbp and r12 to r15 is free.</summary>
internal static class KernelFrame
{
    private const int FirstSaved = 6;
    private const int SavedCount = 10;

    public static CallingConvention Native => OperatingSystem.IsWindows() ? CallingConvention.Windows : CallingConvention.SystemV;

    public static void Enter(Assembler code, CallingConvention convention)
    {
        if (convention == CallingConvention.SystemV)
        {
            return;
        }

        code.Push(Gpr.Rdi);
        code.Push(Gpr.Rsi);
        code.Sub(Gpr.Rsp, SavedCount * 16);
        for (int i = 0; i < SavedCount; i++)
        {
            code.VmovupsXmm(new Memory(Gpr.Rsp, i * 16), new Zmm(FirstSaved + i));
        }

        code.Mov(Gpr.Rdi, Gpr.Rcx);
    }

    public static void Leave(Assembler code, CallingConvention convention)
    {
        code.Vzeroupper();
        if (convention == CallingConvention.Windows)
        {
            for (int i = 0; i < SavedCount; i++)
            {
                code.VmovupsXmm(new Zmm(FirstSaved + i), new Memory(Gpr.Rsp, i * 16));
            }

            code.Add(Gpr.Rsp, SavedCount * 16);
            code.Pop(Gpr.Rsi);
            code.Pop(Gpr.Rdi);
        }

        code.Ret();
    }
}
