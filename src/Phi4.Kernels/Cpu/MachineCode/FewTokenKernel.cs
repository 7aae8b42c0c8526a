// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// The bodies over <see cref="FewTokenArguments"/>: codes are read once for all tokens, at the rate of memory. Signed codes get their + 128 by
/// flipping the sign bit, 4-bit ones by a table. Where there is VBMI, a permutation takes the low six bits of its index: the table stands there four
/// times, so whatever lies above the four needs no masking.
/// </summary>
internal static unsafe class FewTokenKernel
{
    /// <summary>How far ahead codes are asked for: past the tile's end too, where the next tile follows.</summary>
    public const int PrefetchBytes = 4096;

    private const int Steps = BlockLayout.BlockSize / 4;
    private const int VectorBytes = 64;

    private const Gpr Arguments = Gpr.Rdi;
    private const Gpr Codes = Gpr.Rax;
    private const Gpr Scales = Gpr.Rdx;
    private const Gpr Offsets = Gpr.Rsi;
    private const Gpr TokenCodes = Gpr.R8;
    private const Gpr TokenScales = Gpr.R9;
    private const Gpr TokenStarts = Gpr.R10;
    private const Gpr TokenSums = Gpr.R11;
    private const Gpr Blocks = Gpr.Rcx;

    private static readonly Zmm Dots = new(0);
    private static readonly Zmm Sums = new(8);
    private static readonly Zmm Low = new(16);
    private static readonly Zmm High = new(17);
    private static readonly Zmm RowScales = new(18);
    private static readonly Zmm RowOffsets = new(19);
    private static readonly Zmm Products = new(20);

    private static readonly Zmm LowHalves = new(30);

    // Int8: the sign bits; Int4: the table.
    private static readonly Zmm Constant = new(31);

    public static byte[] Assemble(WeightFormat format, bool hasOffsets, int tokenCount, CallingConvention convention, bool hasVbmi)
    {
        var code = new Assembler();
        KernelFrame.Enter(code, convention);
        Load(code, format, hasOffsets, tokenCount, hasVbmi);
        int block = code.Here();
        int blockBytes = BlockLayout.CodeBytesPerBlock(format);
        for (int line = 0; line < blockBytes; line += VectorBytes)
        {
            code.Prefetcht0(new Memory(Codes, PrefetchBytes + line));
        }

        DotProducts(code, format, tokenCount, hasVbmi);
        Scale(code, hasOffsets, tokenCount);
        Advance(code, blockBytes, hasOffsets, tokenCount);
        code.Dec(Blocks);
        code.Jnz(block);
        Store(code, tokenCount);
        KernelFrame.Leave(code, convention);
        return code.ToArray();
    }

    private static void Load(Assembler code, WeightFormat format, bool hasOffsets, int tokenCount, bool hasVbmi)
    {
        FewTokenArguments at = default;
        if (format == WeightFormat.Int8)
        {
            code.Mov(Gpr.Rax, 0x80808080);
            code.Vpbroadcastd(Constant, Gpr.Rax);
        }
        else
        {
            code.Vbroadcasti32x4(Constant, Field(&at, &at.Table));
            if (!hasVbmi)
            {
                code.Mov(Gpr.Rax, 0x0F0F0F0F);
                code.Vpbroadcastd(LowHalves, Gpr.Rax);
            }
        }

        code.Mov(Codes, Field(&at, &at.Codes));
        code.Mov(Scales, Field(&at, &at.Scales));
        code.Mov(TokenCodes, Field(&at, &at.Tokens));
        code.Mov(TokenScales, Field(&at, &at.TokenScales));
        code.Mov(TokenStarts, Field(&at, &at.TokenStarts));
        code.Mov(Blocks, Field(&at, &at.Sums));
        for (int token = 0; token < tokenCount; token++)
        {
            code.Vmovups(Sums[token], new Memory(Blocks, token * VectorBytes));
        }

        code.Mov(Blocks, Field(&at, &at.BlockCount));
        if (hasOffsets)
        {
            code.Mov(Offsets, Field(&at, &at.Offsets));
            code.Mov(TokenSums, Field(&at, &at.TokenSums));
        }
    }

    private static void DotProducts(Assembler code, WeightFormat format, int tokenCount, bool hasVbmi)
    {
        for (int token = 0; token < tokenCount; token++)
        {
            code.Vpbroadcastd(Dots[token], new Memory(TokenStarts, token * sizeof(int)));
        }

        for (int step = 0; step < Steps; step++)
        {
            Zmm codes = NextCodes(code, format, step, hasVbmi);
            for (int token = 0; token < tokenCount; token++)
            {
                code.Vpdpbusd(Dots[token], codes, new Memory(TokenCodes, ((step * tokenCount) + token) * 4).Broadcast);
            }
        }
    }

    // Four inputs of sixteen rows, + 128.
    private static Zmm NextCodes(Assembler code, WeightFormat format, int step, bool hasVbmi)
    {
        if (format == WeightFormat.Int8)
        {
            code.Vpxord(Low, Constant, new Memory(Codes, step * VectorBytes));
            return Low;
        }

        if (step % 2 == 1)
        {
            return High;
        }

        code.Vmovdqu32(Low, new Memory(Codes, step / 2 * VectorBytes));
        code.Vpsrlw(High, Low, 4);
        if (hasVbmi)
        {
            code.Vpermb(Low, Low, Constant);
            code.Vpermb(High, High, Constant);
        }
        else
        {
            code.Vpandd(Low, Low, LowHalves);
            code.Vpandd(High, High, LowHalves);
            code.Vpshufb(Low, Constant, Low);
            code.Vpshufb(High, Constant, High);
        }

        return Low;
    }

    private static void Scale(Assembler code, bool hasOffsets, int tokenCount)
    {
        code.Vcvtph2ps(RowScales, new Memory(Scales, 0));
        for (int token = 0; token < tokenCount; token++)
        {
            code.Vcvtdq2ps(Dots[token], Dots[token]);
            code.Vmulps(Products, RowScales, new Memory(TokenScales, token * sizeof(float)).Broadcast);
            code.Vfmadd231ps(Sums[token], Dots[token], Products);
        }

        if (hasOffsets)
        {
            code.Vcvtph2ps(RowOffsets, new Memory(Offsets, 0));
            for (int token = 0; token < tokenCount; token++)
            {
                code.Vfmadd231ps(Sums[token], RowOffsets, new Memory(TokenSums, token * sizeof(float)).Broadcast);
            }
        }
    }

    private static void Advance(Assembler code, int blockBytes, bool hasOffsets, int tokenCount)
    {
        code.Add(Codes, blockBytes);
        code.Add(Scales, BlockLayout.ScaleBytesPerBlock);
        code.Add(TokenCodes, Steps * tokenCount * 4);
        code.Add(TokenScales, tokenCount * sizeof(float));
        code.Add(TokenStarts, tokenCount * sizeof(int));
        if (hasOffsets)
        {
            code.Add(Offsets, BlockLayout.ScaleBytesPerBlock);
            code.Add(TokenSums, tokenCount * sizeof(float));
        }
    }

    private static void Store(Assembler code, int tokenCount)
    {
        FewTokenArguments at = default;
        code.Mov(Codes, Field(&at, &at.Sums));
        for (int token = 0; token < tokenCount; token++)
        {
            code.Vmovups(new Memory(Codes, token * VectorBytes), Sums[token]);
        }
    }

    private static Memory Field(FewTokenArguments* all, void* field) => new(Arguments, (int)((byte*)field - (byte*)all));
}
