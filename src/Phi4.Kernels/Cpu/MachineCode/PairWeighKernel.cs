// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>The bodies over <see cref="PairWeighArguments"/>: a lane is a column; the states of all rows and columns stay in registers.</summary>
internal static unsafe class PairWeighKernel
{
    private const int Pairs = KvLayerView.BlockTokens / 2;
    private const int VectorBytes = 64;

    private const Gpr Arguments = Gpr.Rdi;
    private const Gpr Blocks = Gpr.Rax;
    private const Gpr Values = Gpr.Rdx;
    private const Gpr Next = Gpr.R8;
    private const Gpr PairBytes = Gpr.R9;
    private const Gpr ColumnBytes = Gpr.R10;
    private const Gpr Weights = Gpr.Rsi;
    private const Gpr Count = Gpr.Rcx;
    private const Gpr State = Gpr.R11;

    private static readonly Zmm Sums = new(0);
    private static readonly Zmm Columns = new(16);
    private static readonly Zmm Weight = new(24);

    public static byte[] Assemble(int rows, int columns, CallingConvention convention)
    {
        PairWeighArguments at = default;
        var code = new Assembler();
        KernelFrame.Enter(code, convention);
        MoveStates(code, rows, columns, isStore: false);
        code.Mov(Blocks, Field(&at, &at.Blocks));
        code.Mov(PairBytes, Field(&at, &at.PairBytes));
        code.Mov(ColumnBytes, Field(&at, &at.ColumnBytes));
        code.Mov(Weights, Field(&at, &at.Weights));
        code.Mov(Count, Field(&at, &at.BlockCount));
        int block = code.Here();
        code.Mov(Values, new Memory(Blocks, 0));
        code.Mov(Next, new Memory(Blocks, sizeof(ulong)));
        code.Add(Values, ColumnBytes);
        code.Add(Next, ColumnBytes);
        code.Add(Blocks, sizeof(ulong));
        for (int pair = 0; pair < Pairs; pair++)
        {
            Multiply(code, rows, columns, pair);
        }

        code.Add(Weights, Pairs * sizeof(uint));
        code.Dec(Count);
        code.Jnz(block);
        MoveStates(code, rows, columns, isStore: true);
        KernelFrame.Leave(code, convention);
        return code.ToArray();
    }

    private static void Multiply(Assembler code, int rows, int columns, int pair)
    {
        for (int column = 0; column < columns; column++)
        {
            code.Vmovdqu32(Columns[column], new Memory(Values, column * VectorBytes));
            code.Prefetcht0(new Memory(Next, column * VectorBytes));
        }

        code.Add(Values, PairBytes);
        code.Add(Next, PairBytes);
        for (int row = 0; row < rows; row++)
        {
            code.Vpbroadcastd(Weight[row], new Memory(Weights, (row * AttentionKernels.RowBytes) + (pair * sizeof(uint))));
            for (int column = 0; column < columns; column++)
            {
                code.Vdpbf16ps(Sums[(row * columns) + column], Columns[column], Weight[row]);
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
