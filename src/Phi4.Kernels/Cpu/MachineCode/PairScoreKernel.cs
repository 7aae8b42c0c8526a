// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// The bodies over <see cref="PairScoreArguments"/>: a lane is a key, so nothing is added across lanes. Two vectors of keys and a word of each row make
/// two dot products a row; a vector of codes becomes two vectors of keys first.
/// </summary>
internal static unsafe class PairScoreKernel
{
    private const int Rows = AttentionKernels.Rows;
    private const int Unit = AttentionKernels.PairUnit;
    private const int VectorBytes = 64;

    private const Gpr Arguments = Gpr.Rdi;
    private const Gpr Keys0 = Gpr.Rax;
    private const Gpr Keys1 = Gpr.Rdx;
    private const Gpr Asked0 = Gpr.R8;
    private const Gpr Asked1 = Gpr.R9;
    private const Gpr Queries = Gpr.Rsi;
    private const Gpr Scores = Gpr.R10;
    private const Gpr Groups = Gpr.R11;
    private const Gpr Pairs = Gpr.Rcx;

    private static readonly Zmm Sums = new(0);
    private static readonly Zmm Keys = new(16);
    private static readonly Zmm Query = new(24);
    private static readonly Zmm Lost = new(28);
    private static readonly Zmm Mask = new(31);

    public static byte[] Assemble(int rows, bool isCodes, CallingConvention convention)
    {
        PairScoreArguments at = default;
        var code = new Assembler();
        KernelFrame.Enter(code, convention);
        if (isCodes)
        {
            CodeWidening.LoadMask(code, Mask);
        }

        code.Mov(Queries, Field(&at, &at.Queries));
        code.Mov(Scores, Field(&at, &at.Scores));
        code.Mov(Groups, Field(&at, &at.RowGroups));
        int group = code.Here();
        code.Mov(Keys0, Field(&at, &at.Keys0));
        code.Mov(Keys1, Field(&at, &at.Keys1));
        code.Mov(Asked0, Field(&at, &at.Asked0));
        code.Mov(Asked1, Field(&at, &at.Asked1));
        code.Mov(Pairs, Field(&at, &at.PairUnits));
        for (int i = 0; i < 2 * rows; i++)
        {
            code.Vpxord(Sums[i], Sums[i], Sums[i]);
        }

        int unit = code.Here();
        int linePairs = isCodes ? 2 : 1;
        for (int pair = 0; pair < Unit; pair += linePairs)
        {
            LoadKeys(code, isCodes, pair / linePairs * VectorBytes);
            for (int i = 0; i < linePairs; i++)
            {
                Multiply(code, rows, pair + i, Keys[i], Keys[linePairs + i]);
            }
        }

        foreach (Gpr pointer in new[] { Keys0, Keys1, Asked0, Asked1 })
        {
            code.Add(pointer, Unit / linePairs * VectorBytes);
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

    // A vector of each block, or two of each that were one of codes.
    private static void LoadKeys(Assembler code, bool isCodes, int offset)
    {
        code.Prefetcht1(new Memory(Asked0, offset));
        code.Prefetcht1(new Memory(Asked1, offset));
        if (isCodes)
        {
            CodeWidening.Widen(code, Keys, new Memory(Keys0, offset), Mask, Lost);
            CodeWidening.Widen(code, Keys[2], new Memory(Keys1, offset), Mask, Lost);
            return;
        }

        code.Vmovdqu32(Keys, new Memory(Keys0, offset));
        code.Vmovdqu32(Keys[1], new Memory(Keys1, offset));
    }

    private static void Multiply(Assembler code, int rows, int pair, Zmm first, Zmm second)
    {
        for (int row = 0; row < rows; row++)
        {
            code.Vpbroadcastd(Query[row], new Memory(Queries, ((pair * Rows) + row) * sizeof(uint)));
            code.Vdpbf16ps(Sums[2 * row], first, Query[row]);
            code.Vdpbf16ps(Sums[(2 * row) + 1], second, Query[row]);
        }
    }

    private static Memory Field(PairScoreArguments* all, void* field) => new(Arguments, (int)((byte*)field - (byte*)all));
}
