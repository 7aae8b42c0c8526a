// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>The bodies over <see cref="PairWeighArguments"/>: a lane is a column, and a vector of codes becomes two vectors of values first; the states of all rows and columns stay in registers.</summary>
internal static unsafe class PairWeighKernel
{
    private const int Pairs = KvLayerView.BlockTokens / 2;
    private const int VectorBytes = 64;

    private const Gpr Arguments = Gpr.Rdi;
    private const Gpr Blocks = Gpr.Rax;
    private const Gpr Values = Gpr.Rdx;
    private const Gpr Asked = Gpr.R8;
    private const Gpr PairBytes = Gpr.R9;
    private const Gpr ColumnBytes = Gpr.R10;
    private const Gpr Weights = Gpr.Rsi;
    private const Gpr Count = Gpr.Rcx;
    private const Gpr State = Gpr.R11;
    private const Gpr AskedBlocks = Gpr.R11;

    private static readonly Zmm Sums = new(0);
    private static readonly Zmm Columns = new(16);
    private static readonly Zmm Weight = new(24);
    private static readonly Zmm Lost = new(28);
    private static readonly Zmm Mask = new(31);

    public static byte[] Assemble(int rows, int columns, bool isCodes, CallingConvention convention)
    {
        PairWeighArguments at = default;
        var code = new Assembler();
        KernelFrame.Enter(code, convention);
        MoveStates(code, rows, columns, isStore: false);
        if (isCodes)
        {
            CodeWidening.LoadMask(code, Mask);
        }

        code.Mov(Blocks, Field(&at, &at.Blocks));
        code.Mov(AskedBlocks, Field(&at, &at.Asked));
        code.Mov(PairBytes, Field(&at, &at.PairBytes));
        code.Mov(ColumnBytes, Field(&at, &at.ColumnBytes));
        code.Mov(Weights, Field(&at, &at.Weights));
        code.Mov(Count, Field(&at, &at.BlockCount));
        int block = code.Here();
        code.Mov(Values, new Memory(Blocks, 0));
        code.Mov(Asked, new Memory(AskedBlocks, 0));
        code.Add(Values, ColumnBytes);
        code.Add(Asked, ColumnBytes);
        code.Add(Blocks, sizeof(ulong));
        code.Add(AskedBlocks, sizeof(ulong));
        int linePairs = isCodes ? 2 : 1;
        for (int pair = 0; pair < Pairs; pair += linePairs)
        {
            LoadValues(code, columns, isCodes);
            for (int i = 0; i < linePairs; i++)
            {
                Multiply(code, rows, columns, pair + i, Columns[i], linePairs);
            }
        }

        code.Add(Weights, Pairs * sizeof(uint));
        code.Dec(Count);
        code.Jnz(block);
        MoveStates(code, rows, columns, isStore: true);
        KernelFrame.Leave(code, convention);
        return code.ToArray();
    }

    // A vector of each column's values, or two that were one of codes.
    private static void LoadValues(Assembler code, int columns, bool isCodes)
    {
        for (int column = 0; column < columns; column++)
        {
            var place = new Memory(Values, column * VectorBytes);
            code.Prefetcht1(new Memory(Asked, column * VectorBytes));
            if (isCodes)
            {
                CodeWidening.Widen(code, Columns[2 * column], place, Mask, Lost);
            }
            else
            {
                code.Vmovdqu32(Columns[column], place);
            }
        }

        code.Add(Values, PairBytes);
        code.Add(Asked, PairBytes);
    }

    private static void Multiply(Assembler code, int rows, int columns, int pair, Zmm first, int apart)
    {
        for (int row = 0; row < rows; row++)
        {
            code.Vpbroadcastd(Weight[row], new Memory(Weights, (row * AttentionKernels.RowBytes) + (pair * sizeof(uint))));
            for (int column = 0; column < columns; column++)
            {
                code.Vdpbf16ps(Sums[(row * columns) + column], first[column * apart], Weight[row]);
            }
        }
    }

    private static void MoveStates(Assembler code, int rows, int columns, bool isStore)
    {
        PairWeighArguments at = default;
        code.Mov(State, Field(&at, &at.States));
        code.Mov(Count, Field(&at, &at.StateBytes));
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                var place = new Memory(State, column * VectorBytes);
                if (isStore)
                {
                    code.Vmovups(place, Sums[(row * columns) + column]);
                }
                else
                {
                    code.Vmovups(Sums[(row * columns) + column], place);
                }
            }

            code.Add(State, Count);
        }
    }

    private static Memory Field(PairWeighArguments* all, void* field) => new(Arguments, (int)((byte*)field - (byte*)all));
}
