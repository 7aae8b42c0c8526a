// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// Four signed bytes of each 32-bit lane to two lanes of two BF16 numbers, <see cref="Factor"/> times too large: a byte that is left where it is, at the top
/// of a lane, is one instruction less than a byte brought down. Whoever packs the other operand divides it by that factor, which is exact.
/// </summary>
internal static class CodeWidening
{
    /// <summary>2^24.</summary>
    public const float Factor = 1 << 24;

    /// <summary>Puts the mask that <see cref="Widen"/> takes into a register; eax is lost.</summary>
    public static void LoadMask(Assembler code, Zmm mask)
    {
        code.Mov(Gpr.Rax, 0xFF000000);
        code.Vpbroadcastd(mask, Gpr.Rax);
    }

    /// <summary>Bytes 0 and 1 of each lane to the first register, 2 and 3 to the one after it. Two more registers are lost.</summary>
    public static void Widen(Assembler code, Zmm wide, Memory codes, Zmm mask, Zmm lost)
    {
        (Zmm bytes, Zmm upper) = (lost, lost[1]);
        code.Vmovdqu32(bytes, codes);
        code.Vpslld(wide, bytes, 24);
        code.Vpslld(upper, bytes, 16);
        Join(code, wide, upper, mask);
        code.Vpslld(wide[1], bytes, 8);
        code.Vpandd(wide[1], wide[1], mask);
        Join(code, wide[1], bytes, mask);
    }

    // Both to floats, whose lower halves are zeros; the first moves down beside the second.
    private static void Join(Assembler code, Zmm lower, Zmm upper, Zmm mask)
    {
        code.Vpandd(upper, upper, mask);
        code.Vcvtdq2ps(lower, lower);
        code.Vcvtdq2ps(upper, upper);
        code.Vpsrld(lower, lower, 16);
        code.Vpord(lower, lower, upper);
    }
}
