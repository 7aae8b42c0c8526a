// SPDX-License-Identifier: MIT
using System.Buffers.Binary;

namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// Writes x86-64 instructions, just those that the kernels here need, into an array of bytes. Method names are the machine's mnemonics and
/// operands stand in Intel's order, destination first.
/// </summary>
internal sealed partial class Assembler
{
    private byte[] _code = new byte[4096];

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    public byte[] ToArray() => _code[..Length];

    /// <summary>The next instruction's place, to jump back to.</summary>
    public int Here() => Length;

    public void Mov(Gpr destination, Gpr source) => RexOpcode(0x89, (int)source, (int)destination);

    /// <summary>64 bits.</summary>
    public void Mov(Gpr destination, Memory source)
    {
        Rex((int)destination, (int)source.Base);
        Byte(0x8B);
        Address((int)destination, source, scale: 1);
    }

    /// <summary>32 bits; the upper half becomes zero.</summary>
    public void Mov(Gpr destination, uint value)
    {
        if (destination >= Gpr.R8)
        {
            Byte(0x41);
        }

        Byte(0xB8 | ((int)destination & 7));
        Int32((int)value);
    }

    public void Add(Gpr destination, Gpr value) => RexOpcode(0x01, (int)value, (int)destination);

    public void Add(Gpr destination, int value) => Immediate(0, destination, value);

    /// <summary>64 bits.</summary>
    public void Add(Gpr destination, Memory source)
    {
        Rex((int)destination, (int)source.Base);
        Byte(0x03);
        Address((int)destination, source, scale: 1);
    }

    public void Sub(Gpr destination, int value) => Immediate(5, destination, value);

    public void Dec(Gpr destination) => RexOpcode(0xFF, 1, (int)destination);

    public void Push(Gpr source) => PushPop(0x50, source);

    public void Pop(Gpr destination) => PushPop(0x58, destination);

    /// <summary>Jumps back if the last result was not zero.</summary>
    public void Jnz(int target)
    {
        Byte(0x0F);
        Byte(0x85);
        Int32(target - (Length + sizeof(int)));
    }

    public void Ret() => Byte(0xC3);

    /// <summary>Into edx:eax, the register state that the system saves; ecx must be 0.</summary>
    public void Xgetbv()
    {
        Byte(0x0F);
        Byte(0x01);
        Byte(0xD0);
    }

    /// <summary>Asks for a cache line in every level.</summary>
    public void Prefetcht0(Memory line) => Prefetch(1, line);

    /// <summary>Asks for a cache line in the second level.</summary>
    public void Prefetcht1(Memory line) => Prefetch(2, line);

    /// <summary>Asks for the cache line at address + offset, in the second level. The offset may not be rsp.</summary>
    public void Prefetcht1(Gpr address, Gpr offset)
    {
        if (address >= Gpr.R8 || offset >= Gpr.R8)
        {
            Byte(0x40 | (((int)offset >> 3) << 1) | ((int)address >> 3));
        }

        Byte(0x0F);
        Byte(0x18);

        // Mode 1 with a displacement of 0: without one, rbp and r13 would mean something else.
        Byte((1 << 6) | (2 << 3) | (int)Gpr.Rsp);
        Byte((((int)offset & 7) << 3) | ((int)address & 7));
        Byte(0);
    }

    private void Immediate(int operation, Gpr destination, int value)
    {
        bool isShort = value == (sbyte)value;
        RexOpcode(isShort ? 0x83 : 0x81, operation, (int)destination);
        if (isShort)
        {
            Byte(value);
        }
        else
        {
            Int32(value);
        }
    }

    private void Prefetch(int level, Memory line)
    {
        if (line.Base >= Gpr.R8)
        {
            Byte(0x41);
        }

        Byte(0x0F);
        Byte(0x18);
        Address(level, line, scale: 1);
    }

    private void PushPop(int opcode, Gpr register)
    {
        if (register >= Gpr.R8)
        {
            Byte(0x41);
        }

        Byte(opcode | ((int)register & 7));
    }

    // REX.W opcode /field with a register as the other operand.
    private void RexOpcode(int opcode, int field, int register)
    {
        Rex(field, register);
        Byte(opcode);
        Byte(0xC0 | ((field & 7) << 3) | (register & 7));
    }

    private void Rex(int field, int register) => Byte(0x48 | ((field >> 3) << 2) | (register >> 3));

    // ModRM, SIB and displacement; a one-byte displacement counts in units of scale.
    private void Address(int field, Memory memory, int scale)
    {
        int register = (int)memory.Base & 7;
        bool isShort = memory.Displacement % scale == 0 && memory.Displacement / scale == (sbyte)(memory.Displacement / scale);
        // Mode 0 with rbp or r13 would mean something else.
        int mode = memory.Displacement == 0 && register != (int)Gpr.Rbp ? 0 : isShort ? 1 : 2;
        Byte((mode << 6) | ((field & 7) << 3) | register);
        if (register == (int)Gpr.Rsp)
        {
            Byte(0x24);
        }

        if (mode == 1)
        {
            Byte(memory.Displacement / scale);
        }
        else if (mode == 2)
        {
            Int32(memory.Displacement);
        }
    }

    private void Byte(int value)
    {
        if (Length == _code.Length)
        {
            Array.Resize(ref _code, 2 * Length);
        }

        _code[Length++] = (byte)value;
    }

    private void Int32(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        foreach (byte part in bytes)
        {
            Byte(part);
        }
    }
}
