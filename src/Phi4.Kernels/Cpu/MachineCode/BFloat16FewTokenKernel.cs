// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>The bodies over <see cref="BFloat16FewTokenArguments"/>: rows are read once for all tokens, at the rate of memory.</summary>
internal static unsafe class BFloat16FewTokenKernel
{
    private const int VectorBytes = 64;

    private const Gpr Arguments = Gpr.Rdi;
    private const Gpr TokenValues = Gpr.R9;
    private const Gpr Next = Gpr.R10;
    private const Gpr Lanes = Gpr.R11;
    private const Gpr Vectors = Gpr.Rcx;

    private static readonly Gpr[] Rows = [Gpr.Rax, Gpr.Rdx, Gpr.Rsi, Gpr.R8];

    // [row][token].
    private static readonly Zmm Sums = new(0);
    private static readonly Zmm RowValues = new(24);
    private static readonly Zmm Values = new(28);

    public static byte[] Assemble(int tokenCount, CallingConvention convention)
    {
        BFloat16FewTokenArguments at = default;
        int rowCount = BFloat16Kernels.FewTokenRows(tokenCount);
        var code = new Assembler();
        KernelFrame.Enter(code, convention);
        for (int row = 0; row < rowCount; row++)
        {
            code.Mov(Rows[row], Field(&at, (ushort**)&at + row));
        }

        code.Mov(TokenValues, Field(&at, &at.Tokens));
        code.Mov(Next, Field(&at, &at.Next));
        code.Mov(Lanes, Field(&at, &at.Lanes));
        code.Mov(Vectors, Field(&at, &at.VectorCount));
        for (int i = 0; i < rowCount * tokenCount; i++)
        {
            code.Vmovups(Sums[i], new Memory(Lanes, i * VectorBytes));
        }

        int vector = code.Here();
        for (int row = 0; row < rowCount; row++)
        {
            code.Prefetcht1(Rows[row], Next);
        }

        DotProducts(code, rowCount, tokenCount);
        for (int row = 0; row < rowCount; row++)
        {
            code.Add(Rows[row], VectorBytes);
        }

        code.Add(TokenValues, tokenCount * VectorBytes);
        code.Dec(Vectors);
        code.Jnz(vector);
        for (int i = 0; i < rowCount * tokenCount; i++)
        {
            code.Vmovups(new Memory(Lanes, i * VectorBytes), Sums[i]);
        }

        KernelFrame.Leave(code, convention);
        return code.ToArray();
    }

    private static void DotProducts(Assembler code, int rowCount, int tokenCount)
    {
        for (int row = 0; row < rowCount; row++)
        {
            code.Vmovups(RowValues[row], new Memory(Rows[row], 0));
        }

        for (int token = 0; token < tokenCount; token++)
        {
            Zmm values = Values[token % 2];
            code.Vmovups(values, new Memory(TokenValues, token * VectorBytes));
            for (int row = 0; row < rowCount; row++)
            {
                code.Vdpbf16ps(Sums[(row * tokenCount) + token], RowValues[row], values);
            }
        }
    }

    private static Memory Field(BFloat16FewTokenArguments* all, void* field) => new(Arguments, (int)((byte*)field - (byte*)all));
}
