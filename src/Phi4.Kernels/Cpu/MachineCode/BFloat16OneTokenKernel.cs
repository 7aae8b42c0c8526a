// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>The body over <see cref="BFloat16OneTokenArguments"/>.</summary>
/// <remarks>
/// Rows one after the other are one stream of memory, which the processor fetches ahead by itself, all but the last few per cent. The sums of one row are one chain of
/// dot products, which still is faster than memory; two or four rows side by side were slower, with or without asking for what comes next.
/// </remarks>
internal static unsafe class BFloat16OneTokenKernel
{
    private const int VectorBytes = 64;
    private const int PrefetchBytes = 2048;

    private const Gpr Arguments = Gpr.Rdi;
    private const Gpr Row = Gpr.Rax;
    private const Gpr Token = Gpr.Rdx;
    private const Gpr Vectors = Gpr.Rcx;
    private const Gpr Lanes = Gpr.Rsi;
    private const Gpr Rows = Gpr.R8;

    private static readonly Zmm Sums = new(0);
    private static readonly Zmm RowValues = new(1);

    public static byte[] Assemble(CallingConvention convention)
    {
        BFloat16OneTokenArguments at = default;
        var code = new Assembler();
        KernelFrame.Enter(code, convention);
        code.Mov(Row, Field(&at, &at.Rows));
        code.Mov(Rows, Field(&at, &at.RowCount));
        code.Mov(Lanes, Field(&at, &at.Lanes));
        int row = code.Here();
        code.Mov(Token, Field(&at, &at.Token));
        code.Mov(Vectors, Field(&at, &at.VectorCount));
        code.Vmovups(Sums, new Memory(Lanes, 0));
        int vector = code.Here();
        code.Prefetcht1(new Memory(Row, PrefetchBytes));
        code.Vmovups(RowValues, new Memory(Row, 0));
        code.Vdpbf16ps(Sums, RowValues, new Memory(Token, 0));
        code.Add(Row, VectorBytes);
        code.Add(Token, VectorBytes);
        code.Dec(Vectors);
        code.Jnz(vector);
        code.Vmovups(new Memory(Lanes, 0), Sums);
        code.Add(Lanes, VectorBytes);
        code.Add(Row, Field(&at, &at.RowSkip));
        code.Dec(Rows);
        code.Jnz(row);
        KernelFrame.Leave(code, convention);
        return code.ToArray();
    }

    private static Memory Field(BFloat16OneTokenArguments* all, void* field) => new(Arguments, (int)((byte*)field - (byte*)all));
}
