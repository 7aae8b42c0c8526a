// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Tests.Cpu.MachineCode;

internal sealed class AssemblerTests
{
    private static readonly int[] Registers = [0, 5, 7, 8, 13, 15, 16, 23, 24, 31];
    private static readonly Gpr[] Bases = Enum.GetValues<Gpr>();
    private static readonly int[] Displacements = [0, 4, 36, 64, 508, 512, -4, -64, -8192, 8128, 8192, 12345];

    [Test]
    public void VectorInstruction_AnyRegisters_DecodesToWhatWasAsked()
    {
        foreach (int a in Registers)
        {
            foreach (int b in Registers)
            {
                foreach (int c in Registers)
                {
                    Zmm x = new(a), y = new(b), z = new(c);
                    AssertText(code => code.Vpdpbusd(x, y, z), $"vpdpbusd zmm{a}, zmm{b}, zmm{c}");
                    AssertText(code => code.Vdpbf16ps(x, y, z), $"vdpbf16ps zmm{a}, zmm{b}, zmm{c}");
                    AssertText(code => code.Vaddps(x, y, z), $"vaddps zmm{a}, zmm{b}, zmm{c}");
                    AssertText(code => code.Vshuff32x4(x, y, z, 0xEE), $"vshuff32x4 zmm{a}, zmm{b}, zmm{c}, 238");
                    AssertText(code => code.Vshufps(x, y, z, 0x44), $"vshufps zmm{a}, zmm{b}, zmm{c}, 68");
                    AssertText(code => code.Vpxord(x, y, z), $"vpxord zmm{a}, zmm{b}, zmm{c}");
                    AssertText(code => code.Vpord(x, y, z), $"vpord zmm{a}, zmm{b}, zmm{c}");
                    AssertText(code => code.Vpaddd(x, y, z), $"vpaddd zmm{a}, zmm{b}, zmm{c}");
                    AssertText(code => code.Vpandd(x, y, z), $"vpandd zmm{a}, zmm{b}, zmm{c}");
                    AssertText(code => code.Vpshufb(x, y, z), $"vpshufb zmm{a}, zmm{b}, zmm{c}");
                    AssertText(code => code.Vpermb(x, y, z), $"vpermb zmm{a}, zmm{b}, zmm{c}");
                    AssertText(code => code.Vmulps(x, y, z), $"vmulps zmm{a}, zmm{b}, zmm{c}");
                    AssertText(code => code.Vfmadd231ps(x, y, z), $"vfmadd231ps zmm{a}, zmm{b}, zmm{c}");
                }

                AssertText(code => code.Vpsrlw(new Zmm(a), new Zmm(b), 4), $"vpsrlw zmm{a}, zmm{b}, 4");
                AssertText(code => code.Vpslld(new Zmm(a), new Zmm(b), 24), $"vpslld zmm{a}, zmm{b}, 24");
                AssertText(code => code.Vpsrld(new Zmm(a), new Zmm(b), 16), $"vpsrld zmm{a}, zmm{b}, 16");
                AssertText(code => code.Vcvtdq2ps(new Zmm(a), new Zmm(b)), $"vcvtdq2ps zmm{a}, zmm{b}");
            }
        }
    }

    [Test]
    public void VectorInstruction_AnyMemory_DecodesToWhatWasAsked()
    {
        foreach (Gpr register in Bases)
        {
            foreach (int displacement in Displacements)
            {
                var at = new Memory(register, displacement);
                string text = Text(at);
                foreach (int a in Registers)
                {
                    Zmm x = new(a), y = new(31 - a);
                    AssertText(code => code.Vpdpbusd(x, y, at.Broadcast), $"vpdpbusd zmm{a}, zmm{y.Number}, {text}{{1to16}}");
                    AssertText(code => code.Vdpbf16ps(x, y, at), $"vdpbf16ps zmm{a}, zmm{y.Number}, {text}");
                    AssertText(code => code.Vextractf32x4(at, x, 3), $"vextractf32x4 {text}, zmm{a}, 3");
                    AssertText(code => code.Vpdpbusd(x, y, at), $"vpdpbusd zmm{a}, zmm{y.Number}, {text}");
                    AssertText(code => code.Vmulps(x, y, at.Broadcast), $"vmulps zmm{a}, zmm{y.Number}, {text}{{1to16}}");
                    AssertText(code => code.Vfmadd231ps(x, y, at.Broadcast), $"vfmadd231ps zmm{a}, zmm{y.Number}, {text}{{1to16}}");
                    AssertText(code => code.Vpxord(x, y, at), $"vpxord zmm{a}, zmm{y.Number}, {text}");
                    AssertText(code => code.Vcvtph2ps(x, at), $"vcvtph2ps zmm{a}, {text}");
                    AssertText(code => code.Vpbroadcastd(x, at), $"vpbroadcastd zmm{a}, {text}");
                    AssertText(code => code.Vbroadcasti32x4(x, at), $"vbroadcasti32x4 zmm{a}, {text}");
                    AssertText(code => code.Vmovdqu32(x, at), $"vmovdqu32 zmm{a}, {text}");
                    AssertText(code => code.Vmovups(x, at), $"vmovups zmm{a}, {text}");
                    AssertText(code => code.Vmovups(at, x), $"vmovups {text}, zmm{a}");
                    AssertText(code => code.VmovupsXmm(x, at), $"vmovups xmm{a}, {text}");
                    AssertText(code => code.VmovupsXmm(at, x), $"vmovups {text}, xmm{a}");
                }
            }
        }
    }

    [Test]
    public void GeneralInstruction_AnyOperands_DecodesToWhatWasAsked()
    {
        foreach (Gpr a in Bases)
        {
            string name = Name(a);
            foreach (Gpr b in Bases)
            {
                AssertText(code => code.Mov(a, b), $"mov {name}, {Name(b)}");
                AssertText(code => code.Add(a, b), $"add {name}, {Name(b)}");
                foreach (int displacement in Displacements)
                {
                    var at = new Memory(b, displacement);
                    AssertText(code => code.Mov(a, at), $"mov {name}, {Text(at)}");
                    AssertText(code => code.Add(a, at), $"add {name}, {Text(at)}");
                }
            }

            foreach (Gpr offset in Bases.Where(register => register != Gpr.Rsp))
            {
                AssertText(code => code.Prefetcht1(a, offset), $"prefetcht1 [{name} + {Name(offset)}]");
            }

            foreach (int displacement in Displacements)
            {
                var at = new Memory(a, displacement);
                AssertText(code => code.Prefetcht0(at), $"prefetcht0 {Text(at)}");
                AssertText(code => code.Prefetcht1(at), $"prefetcht1 {Text(at)}");
            }

            foreach (int value in new[] { 1, 127, 128, 4096 })
            {
                AssertText(code => code.Add(a, value), $"add {name}, {value}");
                AssertText(code => code.Sub(a, value), $"sub {name}, {value}");
            }

            AssertText(code => code.Mov(a, 0x12345678), $"mov {Name32(a)}, {0x12345678}");
            AssertText(code => code.Dec(a), $"dec {name}");
            AssertText(code => code.Push(a), $"push {name}");
            AssertText(code => code.Pop(a), $"pop {name}");
            AssertText(code => code.Vpbroadcastd(new Zmm(30), a), $"vpbroadcastd zmm30, {Name32(a)}");
        }

        AssertText(code => code.Vzeroupper(), "vzeroupper");
        AssertText(code => code.Xgetbv(), "xgetbv");
        AssertText(code => code.Ret(), "ret");
    }

    [Test]
    public void Jnz_Backwards_LandsOnTheLabel()
    {
        var code = new Assembler();
        code.Dec(Gpr.Rax);
        int label = code.Here();
        code.Add(Gpr.R9, 300);
        code.Dec(Gpr.Rcx);
        code.Jnz(label);
        Iced.Intel.Instruction jump = Disassembly.Decode(code.ToArray())[^1];
        Assert.That((jump.Mnemonic, jump.NearBranchTarget), Is.EqualTo((Iced.Intel.Mnemonic.Jne, (ulong)label)));
    }

    private static void AssertText(Action<Assembler> write, string expected)
    {
        var code = new Assembler();
        write(code);
        string[] lines = Disassembly.Lines(code.ToArray());
        if (lines.Length != 1 || lines[0] != expected)
        {
            Assert.Fail($"Expected {expected}, but {Convert.ToHexString(code.ToArray())} is {string.Join(" | ", lines)}");
        }
    }

    private static string Text(Memory at) => at.Displacement switch
    {
        0 => $"[{Name(at.Base)}]",
        > 0 => $"[{Name(at.Base)} + {at.Displacement}]",
        _ => $"[{Name(at.Base)} - {-at.Displacement}]",
    };

    private static string Name(Gpr register) => register.ToString().ToLowerInvariant();

    private static string Name32(Gpr register) => register < Gpr.R8 ? "e" + Name(register)[1..] : Name(register) + "d";
}
