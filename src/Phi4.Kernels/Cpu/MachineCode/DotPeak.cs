// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>What the multipliers of a core give at most by an instruction that .NET has no class for: independent chains of it in registers.</summary>
internal sealed unsafe class DotPeak : IDisposable
{
    private const int Chains = 20;
    private const int Turns = 500_000;
    private readonly ExecutableMemory _memory;

    private DotPeak(ExecutableMemory memory, double operationsPerRun)
    {
        _memory = memory;
        OperationsPerRun = operationsPerRun;
    }

    /// <summary>Multiply and add count one each.</summary>
    public double OperationsPerRun { get; }

    /// <summary>The loop for an instruction; null if the processor lacks it, machine code is switched off, or memory may not be executed.</summary>
    public static DotPeak? TryCreate(DotInstruction instruction)
    {
        bool isInt8 = instruction == DotInstruction.Int8;
        if (VnniKernels.Shared is null || !(isInt8 || InstructionSets.MissingForBFloat16() is null))
        {
            return null;
        }

        ExecutableMemory? memory = ExecutableMemory.TryCreate(Assemble(instruction, KernelFrame.Native), out _);
        const int Lanes = 16;
        int productsPerLane = isInt8 ? 4 : 2;
        return memory is null ? null : new DotPeak(memory, 2.0 * productsPerLane * Lanes * Chains * Turns);
    }

    /// <summary>The loop's bytes.</summary>
    public static byte[] Assemble(DotInstruction instruction, CallingConvention convention)
    {
        var code = new Assembler();
        KernelFrame.Enter(code, convention);
        for (int i = 0; i < 32; i++)
        {
            code.Vpxord(new Zmm(i), new Zmm(i), new Zmm(i));
        }

        code.Mov(Gpr.Rcx, Turns);
        int turn = code.Here();
        for (int i = 0; i < Chains; i++)
        {
            if (instruction == DotInstruction.Int8)
            {
                code.Vpdpbusd(new Zmm(i), new Zmm(30), new Zmm(31));
            }
            else
            {
                code.Vdpbf16ps(new Zmm(i), new Zmm(30), new Zmm(31));
            }
        }

        code.Dec(Gpr.Rcx);
        code.Jnz(turn);
        KernelFrame.Leave(code, convention);
        return code.ToArray();
    }

    /// <summary>Once through the loop, a few milliseconds.</summary>
    public void Run() => ((delegate* unmanaged<nint, void>)_memory.Address)(0);

    public void Dispose() => _memory.Dispose();
}

/// <summary>A dot-product instruction.</summary>
internal enum DotInstruction
{
    /// <summary>Four products of bytes into a 32-bit lane.</summary>
    Int8,

    /// <summary>Two products of BF16 into an F32 lane.</summary>
    BFloat16,
}
