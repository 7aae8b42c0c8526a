// SPDX-License-Identifier: MIT
using Iced.Intel;
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Tests.Cpu.MachineCode;

/// <summary>The bodies as a disassembler reads them; runs on any machine.</summary>
internal sealed class KernelBodyTests
{
    [Test]
    public void FewTokens_OneTokenOfInt8_IsTheListing()
    {
        string[] lines = Disassembly.Lines(FewTokenKernel.Assemble(WeightFormat.Int8, hasOffsets: false, 1, CallingConvention.SystemV, hasVbmi: true));
        string[] expected =
        [
            "mov eax, 2155905152",
            "vpbroadcastd zmm31, eax",
            "mov rax, [rdi + 16]",
            "mov rdx, [rdi + 24]",
            "mov r8, [rdi + 40]",
            "mov r9, [rdi + 48]",
            "mov r10, [rdi + 56]",
            "mov rcx, [rdi + 80]",
            "vmovups zmm8, [rcx]",
            "mov rcx, [rdi + 72]",
            .. Enumerable.Range(0, 8).Select(line => $"prefetcht0 [rax + {FewTokenKernel.PrefetchBytes + (64 * line)}]"),
            "vpbroadcastd zmm0, [r10]",
            .. Enumerable.Range(0, 8).SelectMany(step => new[]
            {
                $"vpxord zmm16, zmm31, [rax{(step == 0 ? "" : $" + {64 * step}")}]",
                $"vpdpbusd zmm0, zmm16, [r8{(step == 0 ? "" : $" + {4 * step}")}]{{1to16}}",
            }),
            "vcvtph2ps zmm18, [rdx]",
            "vcvtdq2ps zmm0, zmm0",
            "vmulps zmm20, zmm18, [r9]{1to16}",
            "vfmadd231ps zmm8, zmm0, zmm20",
            "add rax, 512",
            "add rdx, 32",
            "add r8, 32",
            "add r9, 4",
            "add r10, 4",
            "dec rcx",
            lines.Single(line => line.StartsWith("jne", StringComparison.Ordinal)),
            "mov rax, [rdi + 80]",
            "vmovups [rax], zmm8",
            "vzeroupper",
            "ret",
        ];
        Assert.That(lines, Is.EqualTo(expected));
    }

    [Test]
    public void Body_OfEveryVariant_DecodesWholeAndLeavesTheCallersRegistersAlone([Values] CallingConvention convention)
    {
        foreach (byte[] body in Bodies(convention))
        {
            List<Instruction> instructions = Disassembly.Decode(body);
            var starts = instructions.Select(instruction => instruction.IP).ToHashSet();
            var info = new InstructionInfoFactory();
            var written = new HashSet<Register>();
            foreach (Instruction instruction in instructions)
            {
                Assert.That(instruction.IsInvalid, Is.False, $"at {instruction.IP}");
                if (instruction.FlowControl == FlowControl.ConditionalBranch)
                {
                    Assert.That(starts, Does.Contain(instruction.NearBranchTarget));
                }

                written.UnionWith(info.GetInfo(in instruction).GetUsedRegisters().Where(used => used.Access is OpAccess.Write or OpAccess.ReadWrite)
                    .Select(used => used.Register.GetFullRegister()));
            }

            Register[] kept = [Register.RBX, Register.RBP, Register.R12, Register.R13, Register.R14, Register.R15];
            Assert.That(written.Intersect(kept), Is.Empty);
            Assert.That(instructions[^1].Mnemonic, Is.EqualTo(Mnemonic.Ret));
            Assert.That(instructions.Count(instruction => instruction.Mnemonic == Mnemonic.Ret), Is.EqualTo(1));
        }
    }

    [Test]
    public void Body_ForWindows_SavesAndRestoresWhatIsTheCallers()
    {
        string[] plain = Disassembly.Lines(PanelKernel.Assemble(hasOffsets: true, CallingConvention.SystemV));
        string[] lines = Disassembly.Lines(PanelKernel.Assemble(hasOffsets: true, CallingConvention.Windows));
        string[] saves = [.. Enumerable.Range(0, 10).Select(i => $"vmovups [rsp{(i == 0 ? "" : $" + {16 * i}")}], xmm{6 + i}")];
        string[] restores = [.. Enumerable.Range(0, 10).Select(i => $"vmovups xmm{6 + i}, [rsp{(i == 0 ? "" : $" + {16 * i}")}]")];
        string[] entry = ["push rdi", "push rsi", "sub rsp, 160", .. saves, "mov rdi, rcx"];
        string[] exit = ["vzeroupper", .. restores, "add rsp, 160", "pop rsi", "pop rdi", "ret"];
        Assert.That(lines[..entry.Length], Is.EqualTo(entry));
        Assert.That(lines[^exit.Length..], Is.EqualTo(exit));
        Assert.That(lines[entry.Length..^exit.Length].Where(line => line[0] != 'j'), Is.EqualTo(plain[..^2].Where(line => line[0] != 'j')));
    }

    [Test]
    public void Panel_Block_IsTheArithmeticThatTheBoundCounts()
    {
        List<Instruction> instructions = Disassembly.Decode(PanelKernel.Assemble(hasOffsets: false, CallingConvention.SystemV));
        int Count(Mnemonic mnemonic) => instructions.Count(instruction => instruction.Mnemonic == mnemonic);
        Assert.Multiple(() =>
        {
            Assert.That(Count(Mnemonic.Vpdpbusd), Is.EqualTo(96));
            Assert.That(Count(Mnemonic.Vcvtdq2ps) + Count(Mnemonic.Vmulps) + Count(Mnemonic.Vfmadd231ps), Is.EqualTo(36));
        });
    }

    private static IEnumerable<byte[]> Bodies(CallingConvention convention)
    {
        yield return PanelKernel.Assemble(hasOffsets: false, convention);
        yield return PanelKernel.Assemble(hasOffsets: true, convention);
        foreach (bool hasVbmi in new[] { false, true })
        {
            for (int tokens = 1; tokens <= VnniKernels.MostFewTokens; tokens++)
            {
                yield return FewTokenKernel.Assemble(WeightFormat.Int8, hasOffsets: false, tokens, convention, hasVbmi);
                yield return FewTokenKernel.Assemble(WeightFormat.Int4, hasOffsets: false, tokens, convention, hasVbmi);
                yield return FewTokenKernel.Assemble(WeightFormat.Int4, hasOffsets: true, tokens, convention, hasVbmi);
            }
        }
    }
}
