// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>The body over <see cref="BFloat16TileArguments"/>.</summary>
/// <remarks>
/// 24 sums stay in registers; a vector costs 24 dot products and ten loads, which the second-level cache can feed. So the rows may be long, and starting and
/// ending a tile costs little beside it.
/// </remarks>
internal static unsafe class BFloat16TileKernel
{
    private const int Tokens = BFloat16Kernels.TileTokens;
    private const int Rows = BFloat16Kernels.TileRows;
    private const int VectorBytes = 64;

    private const Gpr Arguments = Gpr.Rdi;
    private const Gpr Weights = Gpr.Rax;
    private const Gpr TokenValues = Gpr.Rdx;
    private const Gpr Vectors = Gpr.Rcx;
    private const Gpr Lanes = Gpr.Rsi;
    private const Gpr Finished = Gpr.R8;
    private const Gpr Next = Gpr.R9;
    private const Gpr NextLine = Gpr.R10;
    private const Gpr Tiles = Gpr.R11;

    // [token][row].
    private static readonly Zmm Sums = new(0);
    private static readonly Zmm RowValues = new(Tokens * Rows);
    private static readonly Zmm Spare = RowValues[Rows];

    public static byte[] Assemble(bool isFirst, bool isLast, CallingConvention convention)
    {
        BFloat16TileArguments at = default;
        var code = new Assembler();
        KernelFrame.Enter(code, convention);
        code.Mov(TokenValues, Field(&at, &at.Tokens));
        code.Mov(Tiles, Field(&at, &at.TileCount));
        code.Mov(Lanes, Field(&at, &at.Lanes));
        code.Mov(Finished, Field(&at, &at.Sums));
        code.Mov(Next, Field(&at, &at.Next));
        int tile = code.Here();
        code.Mov(Weights, Field(&at, &at.Weights));
        code.Mov(Vectors, Field(&at, &at.VectorCount));
        code.Mov(NextLine, Next);
        Start(code, isFirst);
        int vector = code.Here();
        code.Prefetcht0(new Memory(NextLine, 0));
        DotProducts(code);
        code.Add(NextLine, VectorBytes);
        code.Add(Weights, Rows * VectorBytes);
        code.Add(TokenValues, Tokens * VectorBytes);
        code.Dec(Vectors);
        code.Jnz(vector);
        if (isLast)
        {
            AddLanes(code);
            code.Add(Finished, Tokens * BFloat16Kernels.SumStride * sizeof(float));
        }
        else
        {
            Store(code);
        }

        code.Add(Lanes, Tokens * Rows * VectorBytes);
        code.Add(Next, Field(&at, &at.NextStride));
        code.Dec(Tiles);
        code.Jnz(tile);
        KernelFrame.Leave(code, convention);
        return code.ToArray();
    }

    private static void Start(Assembler code, bool isFirst)
    {
        for (int i = 0; i < Tokens * Rows; i++)
        {
            if (isFirst)
            {
                code.Vpxord(Sums[i], Sums[i], Sums[i]);
            }
            else
            {
                code.Vmovups(Sums[i], new Memory(Lanes, i * VectorBytes));
            }
        }
    }

    private static void DotProducts(Assembler code)
    {
        for (int row = 0; row < Rows; row++)
        {
            code.Vmovups(RowValues[row], new Memory(Weights, row * VectorBytes));
        }

        for (int token = 0; token < Tokens; token++)
        {
            Zmm values = Spare[token % 2];
            code.Vmovups(values, new Memory(TokenValues, token * VectorBytes));
            for (int row = 0; row < Rows; row++)
            {
                code.Vdpbf16ps(Sums[(token * Rows) + row], RowValues[row], values);
            }
        }
    }

    private static void Store(Assembler code)
    {
        for (int i = 0; i < Tokens * Rows; i++)
        {
            code.Vmovups(new Memory(Lanes, i * VectorBytes), Sums[i]);
        }
    }

    // The tree, four tokens at a time: lanes 8 apart, 4 apart, then with the neighbouring rows 2 and 1 apart.
    private static void AddLanes(Assembler code)
    {
        for (int row = 0; row < Rows; row++)
        {
            Zmm a = Sums[row], b = Sums[Rows + row], c = Sums[(2 * Rows) + row], d = Sums[(3 * Rows) + row];
            AddQuarters(code, a, b, low: 0x44, high: 0xEE);
            AddQuarters(code, c, d, low: 0x44, high: 0xEE);
            AddQuarters(code, a, c, low: 0x88, high: 0xDD);
        }

        for (int row = 0; row < Rows; row += 2)
        {
            AddFloats(code, Sums[row], Sums[row + 1], low: 0x44, high: 0xEE);
        }

        // Quarter t: rows 0 to 3 of token t, and rows 4, 5, 4, 5.
        AddFloats(code, Sums[0], Sums[2], low: 0x88, high: 0xDD);
        AddFloats(code, Sums[4], Sums[4], low: 0x88, high: 0xDD);
        for (int token = 0; token < Tokens; token++)
        {
            int place = token * BFloat16Kernels.SumStride * sizeof(float);
            code.Vextractf32x4(new Memory(Finished, place), Sums[0], token);
            code.Vextractf32x4(new Memory(Finished, place + 16), Sums[4], token);
        }
    }

    private static void AddQuarters(Assembler code, Zmm left, Zmm right, int low, int high)
    {
        code.Vshuff32x4(Spare, left, right, low);
        code.Vshuff32x4(Spare[1], left, right, high);
        code.Vaddps(left, Spare, Spare[1]);
    }

    private static void AddFloats(Assembler code, Zmm left, Zmm right, int low, int high)
    {
        code.Vshufps(Spare, left, right, low);
        code.Vshufps(Spare[1], left, right, high);
        code.Vaddps(left, Spare, Spare[1]);
    }

    private static Memory Field(BFloat16TileArguments* all, void* field) => new(Arguments, (int)((byte*)field - (byte*)all));
}
