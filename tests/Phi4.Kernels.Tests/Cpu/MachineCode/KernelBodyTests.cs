// SPDX-License-Identifier: MIT
using Iced.Intel;
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Tests.Cpu.MachineCode;

/// <summary>The bodies as a disassembler reads them; runs on any machine.</summary>
internal sealed class KernelBodyTests
{
    [Test]
    public void Quantized_SevenTokensOfInt8_IsTheListing()
    {
        string[] lines = Disassembly.Lines(QuantizedKernel.Assemble(WeightFormat.Int8, hasOffsets: false, 7, CallingConvention.SystemV, hasVbmi: true));
        string[] jumps = [.. lines.Where(line => line.StartsWith("jne", StringComparison.Ordinal))];
        static string Plus(int displacement) => displacement == 0 ? "" : $" + {displacement}";
        static string[] Moved(int token, string move) => token == 0 ? [move] : ["add rcx, [rdi + 64]", move];
        string[] expected =
        [
            "mov eax, 2155905152",
            "vpbroadcastd zmm15, eax",
            "mov rax, [rdi + 16]",
            "mov rsi, [rdi + 32]",
            "mov r8, [rdi + 56]",
            "mov rcx, r8",
            .. Enumerable.Range(0, 7).SelectMany(token => Moved(token, $"vmovups zmm{token}, [rcx]")),
            "mov rcx, [rdi + 48]",
            "mov rdx, [rdi + 40]",
            .. Enumerable.Range(0, 9).Select(line => $"prefetcht0 [rax + {4096 + (64 * line)}]"),
            .. Enumerable.Range(0, 7).Select(token => $"vpbroadcastd zmm{7 + token}, [rcx + {224 + (4 * token)}]"),
            .. Enumerable.Range(0, 8).SelectMany(step => (string[])
            [
                $"vpxord zmm14, zmm15, [rax{Plus(64 * step)}]",
                .. Enumerable.Range(0, 7).Select(token => $"vpdpbusd zmm{7 + token}, zmm14, [rcx{Plus((28 * step) + (4 * token))}]{{1to16}}"),
            ]),
            "vcvtph2ps zmm14, [rax + 512]",
            .. Enumerable.Range(0, 7).SelectMany(token => (string[])
            [
                $"vcvtdq2ps zmm{7 + token}, zmm{7 + token}",
                $"vmulps zmm{16 + token}, zmm14, [rcx + {252 + (4 * token)}]{{1to16}}",
                $"vfmadd231ps zmm{token}, zmm{7 + token}, zmm{16 + token}",
            ]),
            "add rax, 544",
            "add rcx, 308",
            "dec rdx",
            jumps[0],
            "mov rcx, r8",
            .. Enumerable.Range(0, 7).SelectMany(token => Moved(token, $"vmovups [rcx], zmm{token}")),
            "add rax, [rdi + 24]",
            "add r8, 64",
            "dec rsi",
            jumps[1],
            "vzeroupper",
            "ret",
        ];
        Assert.That(lines, Is.EqualTo(expected));
    }

    [Test]
    public void BFloat16FewTokens_OneToken_IsTheListing()
    {
        string[] lines = Disassembly.Lines(BFloat16FewTokenKernel.Assemble(1, CallingConvention.SystemV));
        string[] rows = ["rax", "rdx", "rsi", "r8"];
        string[] expected =
        [
            .. rows.Select((row, i) => $"mov {row}, [rdi{(i == 0 ? "" : $" + {8 * i}")}]"),
            "mov r9, [rdi + 32]",
            "mov r10, [rdi + 56]",
            "mov r11, [rdi + 48]",
            "mov rcx, [rdi + 40]",
            .. Enumerable.Range(0, 4).Select(i => $"vmovups zmm{i}, [r11{(i == 0 ? "" : $" + {64 * i}")}]"),
            .. rows.Select(row => $"prefetcht1 [{row} + r10]"),
            .. rows.Select((row, i) => $"vmovups zmm{24 + i}, [{row}]"),
            "vmovups zmm28, [r9]",
            .. Enumerable.Range(0, 4).Select(i => $"vdpbf16ps zmm{i}, zmm{24 + i}, zmm28"),
            .. rows.Select(row => $"add {row}, 64"),
            "add r9, 64",
            "dec rcx",
            lines.Single(line => line.StartsWith("jne", StringComparison.Ordinal)),
            .. Enumerable.Range(0, 4).Select(i => $"vmovups [r11{(i == 0 ? "" : $" + {64 * i}")}], zmm{i}"),
            "vzeroupper",
            "ret",
        ];
        Assert.That(lines, Is.EqualTo(expected));
    }

    [Test]
    public void BFloat16OneToken_IsTheListing()
    {
        string[] lines = Disassembly.Lines(BFloat16OneTokenKernel.Assemble(CallingConvention.SystemV));
        string[] jumps = [.. lines.Where(line => line.StartsWith("jne", StringComparison.Ordinal))];
        string[] expected =
        [
            "mov rax, [rdi]",
            "mov r8, [rdi + 16]",
            "mov rsi, [rdi + 40]",
            "mov rdx, [rdi + 24]",
            "mov rcx, [rdi + 32]",
            "vmovups zmm0, [rsi]",
            "prefetcht1 [rax + 2048]",
            "vmovups zmm1, [rax]",
            "vdpbf16ps zmm0, zmm1, [rdx]",
            "add rax, 64",
            "add rdx, 64",
            "dec rcx",
            jumps[0],
            "vmovups [rsi], zmm0",
            "add rsi, 64",
            "add rax, [rdi + 8]",
            "dec r8",
            jumps[1],
            "vzeroupper",
            "ret",
        ];
        Assert.That(lines, Is.EqualTo(expected));
    }

    [Test]
    public void BFloat16Tile_Vector_IsTwentyFourDotProductsAndTenLoads()
    {
        List<Instruction> instructions = Disassembly.Decode(BFloat16TileKernel.Assemble(isFirst: true, isLast: true, CallingConvention.SystemV));
        int Count(Mnemonic mnemonic) => instructions.Count(instruction => instruction.Mnemonic == mnemonic);
        Assert.That((Count(Mnemonic.Vdpbf16ps), Count(Mnemonic.Vmovups)), Is.EqualTo((24, 10)));
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
            Register[] pushed = Operands(instructions, Mnemonic.Push), popped = Operands(instructions, Mnemonic.Pop);
            Assert.That(popped, Is.EqualTo(pushed.Reverse()));
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
            Assert.That(written.Intersect(kept), Is.SubsetOf(pushed));
            Assert.That(instructions[^1].Mnemonic, Is.EqualTo(Mnemonic.Ret));
            Assert.That(instructions.Count(instruction => instruction.Mnemonic == Mnemonic.Ret), Is.EqualTo(1));
        }
    }

    [Test]
    public void Body_ForWindows_SavesAndRestoresWhatIsTheCallers()
    {
        string[] plain = Disassembly.Lines(QuantizedKernel.Assemble(WeightFormat.Int4, hasOffsets: true, 8, CallingConvention.SystemV, hasVbmi: true));
        string[] lines = Disassembly.Lines(QuantizedKernel.Assemble(WeightFormat.Int4, hasOffsets: true, 8, CallingConvention.Windows, hasVbmi: true));
        string[] saves = [.. Enumerable.Range(0, 10).Select(i => $"vmovups [rsp{(i == 0 ? "" : $" + {16 * i}")}], xmm{6 + i}")];
        string[] restores = [.. Enumerable.Range(0, 10).Select(i => $"vmovups xmm{6 + i}, [rsp{(i == 0 ? "" : $" + {16 * i}")}]")];
        string[] entry = ["push rdi", "push rsi", "sub rsp, 160", .. saves, "mov rdi, rcx"];
        string[] exit = ["vzeroupper", .. restores, "add rsp, 160", "pop rsi", "pop rdi", "ret"];
        Assert.That(lines[..entry.Length], Is.EqualTo(entry));
        Assert.That(lines[^exit.Length..], Is.EqualTo(exit));
        Assert.That(lines[entry.Length..^exit.Length].Where(line => line[0] != 'j'), Is.EqualTo(plain[..^2].Where(line => line[0] != 'j')));
    }

    [Test]
    public void Quantized_Block_IsTheArithmeticThatTheBoundCounts([Values(WeightFormat.Int8, WeightFormat.Int4)] WeightFormat format, [Range(1, 8)] int tokens)
    {
        List<Instruction> instructions = Disassembly.Decode(
            QuantizedKernel.Assemble(format, hasOffsets: false, tokens, CallingConvention.SystemV, hasVbmi: true));
        int Count(Mnemonic mnemonic) => instructions.Count(instruction => instruction.Mnemonic == mnemonic);
        Assert.Multiple(() =>
        {
            Assert.That(Count(Mnemonic.Vpdpbusd), Is.EqualTo(8 * tokens));
            Assert.That(Count(Mnemonic.Vcvtdq2ps) + Count(Mnemonic.Vmulps) + Count(Mnemonic.Vfmadd231ps), Is.EqualTo(3 * tokens));
        });
    }

    private static Register[] Operands(List<Instruction> instructions, Mnemonic mnemonic)
        => [.. instructions.Where(instruction => instruction.Mnemonic == mnemonic).Select(instruction => instruction.Op0Register)];

    private static IEnumerable<byte[]> Bodies(CallingConvention convention)
    {
        yield return DotPeak.Assemble(DotInstruction.Int8, convention);
        yield return DotPeak.Assemble(DotInstruction.BFloat16, convention);
        foreach (bool isCodes in new[] { false, true })
        {
            for (int rows = 1; rows <= AttentionKernels.Rows; rows++)
            {
                yield return PairScoreKernel.Assemble(rows, isCodes, convention);
                for (int columns = 1; columns <= AttentionKernels.MostColumns; columns++)
                {
                    yield return PairWeighKernel.Assemble(rows, columns, isCodes, convention);
                }
            }
        }

        foreach ((bool isFirst, bool isLast) in new[] { (false, false), (false, true), (true, false), (true, true) })
        {
            yield return BFloat16TileKernel.Assemble(isFirst, isLast, convention);
        }

        for (int tokens = 1; tokens <= BFloat16Kernels.MostFewTokens; tokens++)
        {
            yield return BFloat16FewTokenKernel.Assemble(tokens, convention);
        }

        yield return BFloat16OneTokenKernel.Assemble(convention);
        foreach (bool hasVbmi in new[] { false, true })
        {
            for (int tokens = 1; tokens <= VnniKernels.MostTokens; tokens++)
            {
                yield return QuantizedKernel.Assemble(WeightFormat.Int8, hasOffsets: false, tokens, convention, hasVbmi);
                yield return QuantizedKernel.Assemble(WeightFormat.Int4, hasOffsets: false, tokens, convention, hasVbmi);
                yield return QuantizedKernel.Assemble(WeightFormat.Int4, hasOffsets: true, tokens, convention, hasVbmi);
            }
        }
    }
}
