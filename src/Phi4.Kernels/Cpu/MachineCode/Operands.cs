// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>A general register, numbered as the machine does.</summary>
internal enum Gpr
{
    Rax,
    Rcx,
    Rdx,
    Rbx,
    Rsp,
    Rbp,
    Rsi,
    Rdi,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
}

/// <summary>A 512-bit register, 0 to 31.</summary>
internal readonly record struct Zmm(int Number)
{
    /// <summary>This register and those that follow it.</summary>
    public Zmm this[int index] => new(Number + index);
}

/// <summary>The bytes at a register's address + displacement.</summary>
internal readonly record struct Memory(Gpr Base, int Displacement)
{
    /// <summary>The 32-bit value there, in all sixteen lanes.</summary>
    public VectorOperand Broadcast => new(default, this, IsMemory: true, IsBroadcast: true);
}

/// <summary>The last operand of a vector instruction: a register, memory, or a 32-bit value of memory in every lane.</summary>
internal readonly record struct VectorOperand(Zmm Register, Memory Memory, bool IsMemory, bool IsBroadcast)
{
    public static implicit operator VectorOperand(Zmm register) => new(register, default, IsMemory: false, IsBroadcast: false);

    public static implicit operator VectorOperand(Memory memory) => new(default, memory, IsMemory: true, IsBroadcast: false);
}
