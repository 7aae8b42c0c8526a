// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <content>AVX-512, with the EVEX prefix.</content>
internal sealed partial class Assembler
{
    private enum Prefix
    {
        None,
        P66,
        PF3,
    }

    private enum Map
    {
        M0F = 1,
        M0F38 = 2,
        M0F3A = 3,
    }

    private enum Width
    {
        Xmm,
        Ymm,
        Zmm,
    }

    /// <summary>Lane-wise, four products each: sums += unsigned bytes * signed bytes.</summary>
    public void Vpdpbusd(Zmm sums, Zmm unsigned, VectorOperand signed) => Evex(Map.M0F38, Prefix.P66, 0x50, sums, unsigned, signed);

    /// <summary>Lane-wise, two products of BF16 each: sums += left * right, the upper halves first, each rounded once; subnormals count as zero.</summary>
    public void Vdpbf16ps(Zmm sums, Zmm left, VectorOperand right) => Evex(Map.M0F38, Prefix.PF3, 0x52, sums, left, right);

    public void Vpxord(Zmm destination, Zmm left, VectorOperand right) => Evex(Map.M0F, Prefix.P66, 0xEF, destination, left, right);

    public void Vpord(Zmm destination, Zmm left, VectorOperand right) => Evex(Map.M0F, Prefix.P66, 0xEB, destination, left, right);

    public void Vpandd(Zmm destination, Zmm left, VectorOperand right) => Evex(Map.M0F, Prefix.P66, 0xDB, destination, left, right);

    public void Vpaddd(Zmm destination, Zmm left, VectorOperand right) => Evex(Map.M0F, Prefix.P66, 0xFE, destination, left, right);

    /// <summary>In each 128 bits: bytes of the table at the low four bits of each index byte, whose top bit must be 0.</summary>
    public void Vpshufb(Zmm destination, Zmm table, VectorOperand indices) => Evex(Map.M0F38, Prefix.P66, 0x00, destination, table, indices);

    /// <summary>Bytes of the table at the low six bits of each index byte.</summary>
    public void Vpermb(Zmm destination, Zmm indices, VectorOperand table) => Evex(Map.M0F38, Prefix.P66, 0x8D, destination, indices, table);

    /// <summary>16-bit lanes, shifted towards their low end.</summary>
    public void Vpsrlw(Zmm destination, Zmm source, int bits)
    {
        // The opcode is extended by 2 where other instructions name a register.
        Evex(Map.M0F, Prefix.P66, 0x71, new Zmm(2), destination, source);
        Byte(bits);
    }

    /// <summary>32-bit lanes, shifted towards their high end.</summary>
    public void Vpslld(Zmm destination, Zmm source, int bits)
    {
        Evex(Map.M0F, Prefix.P66, 0x72, new Zmm(6), destination, source);
        Byte(bits);
    }

    /// <summary>32-bit lanes, shifted towards their low end.</summary>
    public void Vpsrld(Zmm destination, Zmm source, int bits)
    {
        Evex(Map.M0F, Prefix.P66, 0x72, new Zmm(2), destination, source);
        Byte(bits);
    }

    public void Vcvtdq2ps(Zmm destination, VectorOperand source) => Evex(Map.M0F, Prefix.None, 0x5B, destination, default, source);

    /// <summary>Sixteen F16, 32 bytes.</summary>
    public void Vcvtph2ps(Zmm destination, Memory source) => Evex(Map.M0F38, Prefix.P66, 0x13, destination, default, source, operandBytes: 32);

    public void Vaddps(Zmm destination, Zmm left, VectorOperand right) => Evex(Map.M0F, Prefix.None, 0x58, destination, left, right);

    public void Vmulps(Zmm destination, Zmm left, VectorOperand right) => Evex(Map.M0F, Prefix.None, 0x59, destination, left, right);

    /// <summary>sums += left * right, rounded once.</summary>
    public void Vfmadd231ps(Zmm sums, Zmm left, VectorOperand right) => Evex(Map.M0F38, Prefix.P66, 0xB8, sums, left, right);

    public void Vmovdqu32(Zmm destination, Memory source) => Evex(Map.M0F, Prefix.PF3, 0x6F, destination, default, source);

    public void Vmovups(Zmm destination, Memory source) => Evex(Map.M0F, Prefix.None, 0x10, destination, default, source);

    public void Vmovups(Memory destination, Zmm source) => Evex(Map.M0F, Prefix.None, 0x11, source, default, destination);

    /// <summary>The low 128 bits.</summary>
    public void VmovupsXmm(Zmm destination, Memory source)
        => Evex(Map.M0F, Prefix.None, 0x10, destination, default, source, operandBytes: 16, Width.Xmm);

    /// <summary>The low 128 bits.</summary>
    public void VmovupsXmm(Memory destination, Zmm source)
        => Evex(Map.M0F, Prefix.None, 0x11, source, default, destination, operandBytes: 16, Width.Xmm);

    /// <summary>A 32-bit value in all lanes.</summary>
    public void Vpbroadcastd(Zmm destination, Memory source) => Evex(Map.M0F38, Prefix.P66, 0x58, destination, default, source, operandBytes: 4);

    /// <summary>A 32-bit value in all lanes.</summary>
    public void Vpbroadcastd(Zmm destination, Gpr source) => Evex(Map.M0F38, Prefix.P66, 0x7C, destination, default, new Zmm((int)source));

    /// <summary>Sixteen bytes, four times.</summary>
    public void Vbroadcasti32x4(Zmm destination, Memory source) => Evex(Map.M0F38, Prefix.P66, 0x5A, destination, default, source, operandBytes: 16);

    /// <summary>Quarters of 128 bits: two of left, then two of right, each named by two bits of the choice.</summary>
    public void Vshuff32x4(Zmm destination, Zmm left, VectorOperand right, int choice)
    {
        Evex(Map.M0F3A, Prefix.P66, 0x23, destination, left, right);
        Byte(choice);
    }

    /// <summary>In each quarter of 128 bits: two floats of left, then two of right, each named by two bits of the choice.</summary>
    public void Vshufps(Zmm destination, Zmm left, VectorOperand right, int choice)
    {
        Evex(Map.M0F, Prefix.None, 0xC6, destination, left, right);
        Byte(choice);
    }

    /// <summary>One quarter of 128 bits, to memory.</summary>
    public void Vextractf32x4(Memory destination, Zmm source, int quarter)
    {
        Evex(Map.M0F3A, Prefix.P66, 0x19, source, default, destination, operandBytes: 16);
        Byte(quarter);
    }

    public void Vzeroupper()
    {
        Byte(0xC5);
        Byte(0xF8);
        Byte(0x77);
    }

    // 62, three bytes of prefix, opcode, operands. The prefix holds the upper bits of the register numbers inverted.
    private void Evex(Map map, Prefix prefix, int opcode, Zmm first, Zmm second, VectorOperand last, int operandBytes = 64, Width width = Width.Zmm)
    {
        // For memory these are bits of the base and of the (absent) index, for a register bits 3 and 4 of its number.
        int lastNumber = last.IsMemory ? (int)last.Memory.Base : last.Register.Number;
        Byte(0x62);
        Byte((~first.Number & 8) << 4 | (~lastNumber & 16) << 2 | (~lastNumber & 8) << 2 | (~first.Number & 16) | (int)map);
        Byte((~second.Number & 15) << 3 | 4 | (int)prefix);
        Byte((int)width << 5 | (last.IsBroadcast ? 16 : 0) | (~second.Number & 16) >> 1);
        Byte(opcode);
        if (last.IsMemory)
        {
            Address(first.Number, last.Memory, last.IsBroadcast ? 4 : operandBytes);
        }
        else
        {
            Byte(0xC0 | ((first.Number & 7) << 3) | (lastNumber & 7));
        }
    }
}
