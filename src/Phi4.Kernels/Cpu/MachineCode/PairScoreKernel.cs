// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// The bodies over <see cref="PairScoreArguments"/>: a lane is a key, so nothing is added across lanes. Two vectors of keys and a word of each row make
/// two dot products a row.
/// </summary>
internal static unsafe class PairScoreKernel
{
    private const int Rows = AttentionKernels.Rows;
    private const int Unit = AttentionKernels.PairUnit;
    private const int VectorBytes = 64;

    private const Gpr Arguments = Gpr.Rdi;
    private const Gpr Keys0 = Gpr.Rax;
    private const Gpr Keys1 = Gpr.Rdx;
    private const Gpr Next0 = Gpr.R8;
    private const Gpr Next1 = Gpr.R9;
    private const Gpr Queries = Gpr.Rsi;
    private const Gpr Scores = Gpr.R10;
    private const Gpr Groups = Gpr.R11;
    private const Gpr Pairs = Gpr.Rcx;

    private static readonly Zmm Sums = new(0);
    private static readonly Zmm Keys = new(16);
    private static readonly Zmm Query = new(24);

    public static byte[] Assemble(int rows, CallingConvention convention)
    {
        PairScoreArguments at = default;
        var code = new Assembler();
        KernelFrame.Enter(code, convention);
        code.Mov(Queries, Field(&at, &at.Queries));
        code.Mov(Scores, Field(&at, &at.Scores));
        code.Mov(Groups, Field(&at, &at.RowGroups));
        int group = code.Here();
        code.Mov(Keys0, Field(&at, &at.Keys0));
        code.Mov(Keys1, Field(&at, &at.Keys1));
        code.Mov(Next0, Field(&at, &at.Next0));
        code.Mov(Next1, Field(&at, &at.Next1));
        code.Mov(Pairs, Field(&at, &at.PairUnits));
        for (int i = 0; i < 2 * rows; i++)
        {
            code.Vpxord(Sums[i], Sums[i], Sums[i]);
        }

        int unit = code.Here();
        for (int pair = 0; pair < Unit; pair++)
        {
            Multiply(code, rows, pair);
        }

        foreach (Gpr pointer in new[] { Keys0, Keys1, Next0, Next1 })
        {
            code.Add(pointer, Unit * VectorBytes);
        }

        code.Add(Queries, Unit * Rows * sizeof(uint));
        code.Dec(Pairs);
        code.Jnz(unit);
        for (int i = 0; i < 2 * rows; i++)
        {
            code.Vmovups(new Memory(Scores, (i / 2 * AttentionKernels.RowBytes) + (i % 2 * VectorBytes)), Sums[i]);
        }

        code.Add(Scores, Rows * AttentionKernels.RowBytes);
        code.Dec(Groups);
        code.Jnz(group);
        KernelFrame.Leave(code, convention);
        return code.ToArray();
    }

    private static void Multiply(Assembler code, int rows, int pair)
    {
        code.Vmovdqu32(Keys, new Memory(Keys0, pair * VectorBytes));
        code.Vmovdqu32(Keys[1], new Memory(Keys1, pair * VectorBytes));
        code.Prefetcht0(new Memory(Next0, pair * VectorBytes));
        code.Prefetcht0(new Memory(Next1, pair * VectorBytes));
        for (int row = 0; row < rows; row++)
        {
            code.Vpbroadcastd(Query[row], new Memory(Queries, ((pair * Rows) + row) * sizeof(uint)));
            code.Vdpbf16ps(Sums[2 * row], Keys, Query[row]);
            code.Vdpbf16ps(Sums[(2 * row) + 1], Keys[1], Query[row]);
        }
    }

    private static Memory Field(PairScoreArguments* all, void* field) => new(Arguments, (int)((byte*)field - (byte*)all));
}
