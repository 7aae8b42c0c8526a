// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// The body over <see cref="PanelArguments"/>. Twelve integer and twelve float sums stay in registers; a step of four inputs loads two vectors of
/// weights and six of tokens for twelve dot products.
/// </summary>
/// <remarks>
/// A block is 96 dot products and 36 instructions of scaling, all on the two ports that 512-bit arithmetic has: at best 73 % of the dot peak,
/// whatever the tile's shape, since every sum is scaled once a block.
/// </remarks>
internal static unsafe class PanelKernel
{
    private const int Tokens = VnniKernels.PanelTokens;
    private const int Tiles = VnniKernels.PanelTiles;
    private const int Steps = BlockLayout.BlockSize / 4;
    private const int VectorBytes = 64;

    private const Gpr Arguments = Gpr.Rdi;
    private const Gpr Weights = Gpr.Rax;
    private const Gpr WeightScales = Gpr.Rdx;
    private const Gpr WeightOffsets = Gpr.Rsi;
    private const Gpr TokenCodes = Gpr.R8;
    private const Gpr TokenScales = Gpr.R9;
    private const Gpr TokenStarts = Gpr.R10;
    private const Gpr TokenSums = Gpr.R11;
    private const Gpr Blocks = Gpr.Rcx;

    private static readonly Zmm Dots = new(0);
    private static readonly Zmm Sums = new(Tokens * Tiles);
    private static readonly Zmm Rows = new(2 * Tokens * Tiles);
    private static readonly Zmm Spare = Rows[Tiles];

    public static byte[] Assemble(bool hasOffsets, CallingConvention convention)
    {
        var code = new Assembler();
        KernelFrame.Enter(code, convention);
        Load(code, hasOffsets);
        int block = code.Here();
        DotProducts(code);
        Scale(code);
        if (hasOffsets)
        {
            AddOffsets(code);
        }

        Advance(code, hasOffsets);
        code.Dec(Blocks);
        code.Jnz(block);
        Store(code);
        KernelFrame.Leave(code, convention);
        return code.ToArray();
    }

    private static void Load(Assembler code, bool hasOffsets)
    {
        PanelArguments at = default;
        code.Mov(Weights, Field(&at, &at.Weights));
        code.Mov(WeightScales, Field(&at, &at.WeightScales));
        code.Mov(TokenCodes, Field(&at, &at.Tokens));
        code.Mov(TokenScales, Field(&at, &at.TokenScales));
        code.Mov(TokenStarts, Field(&at, &at.TokenStarts));
        code.Mov(Blocks, Field(&at, &at.Sums));
        for (int i = 0; i < Tokens * Tiles; i++)
        {
            code.Vmovups(Sums[i], new Memory(Blocks, i * VectorBytes));
        }

        code.Mov(Blocks, Field(&at, &at.BlockCount));
        if (hasOffsets)
        {
            code.Mov(WeightOffsets, Field(&at, &at.WeightOffsets));
            code.Mov(TokenSums, Field(&at, &at.TokenSums));
        }
    }

    private static void DotProducts(Assembler code)
    {
        for (int i = 0; i < Tokens * Tiles; i++)
        {
            code.Vpbroadcastd(Dots[i], new Memory(TokenStarts, i / Tiles * sizeof(int)));
        }

        for (int step = 0; step < Steps; step++)
        {
            for (int tile = 0; tile < Tiles; tile++)
            {
                code.Vmovdqu32(Rows[tile], new Memory(Weights, ((step * Tiles) + tile) * VectorBytes));
            }

            for (int token = 0; token < Tokens; token++)
            {
                code.Vpbroadcastd(Spare[token], new Memory(TokenCodes, ((step * Tokens) + token) * 4));
                for (int tile = 0; tile < Tiles; tile++)
                {
                    code.Vpdpbusd(Dots[(token * Tiles) + tile], Rows[tile], Spare[token]);
                }
            }
        }
    }

    private static void Scale(Assembler code)
    {
        for (int tile = 0; tile < Tiles; tile++)
        {
            code.Vmovups(Rows[tile], new Memory(WeightScales, tile * VectorBytes));
        }

        for (int i = 0; i < Tokens * Tiles; i++)
        {
            Zmm scale = Spare[i % Tokens];
            code.Vcvtdq2ps(Dots[i], Dots[i]);
            code.Vmulps(scale, Rows[i % Tiles], new Memory(TokenScales, i / Tiles * sizeof(float)).Broadcast);
            code.Vfmadd231ps(Sums[i], Dots[i], scale);
        }
    }

    private static void AddOffsets(Assembler code)
    {
        for (int tile = 0; tile < Tiles; tile++)
        {
            code.Vmovups(Rows[tile], new Memory(WeightOffsets, tile * VectorBytes));
        }

        for (int i = 0; i < Tokens * Tiles; i++)
        {
            code.Vfmadd231ps(Sums[i], Rows[i % Tiles], new Memory(TokenSums, i / Tiles * sizeof(float)).Broadcast);
        }
    }

    private static void Advance(Assembler code, bool hasOffsets)
    {
        code.Add(Weights, Steps * Tiles * VectorBytes);
        code.Add(WeightScales, Tiles * VectorBytes);
        code.Add(TokenCodes, Steps * Tokens * 4);
        code.Add(TokenScales, Tokens * sizeof(float));
        code.Add(TokenStarts, Tokens * sizeof(int));
        if (hasOffsets)
        {
            code.Add(WeightOffsets, Tiles * VectorBytes);
            code.Add(TokenSums, Tokens * sizeof(float));
        }
    }

    private static void Store(Assembler code)
    {
        PanelArguments at = default;
        code.Mov(Weights, Field(&at, &at.Sums));
        for (int i = 0; i < Tokens * Tiles; i++)
        {
            code.Vmovups(new Memory(Weights, i * VectorBytes), Sums[i]);
        }
    }

    private static Memory Field(PanelArguments* all, void* field) => new(Arguments, (int)((byte*)field - (byte*)all));
}
