// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels;
using Phi4.Kernels.Cpu;
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Benchmarks.Kernels;

/// <summary>Twenty independent chains of dot products in registers: what the ports give at most.</summary>
internal sealed unsafe class DotPeakJob : Job, IDisposable
{
    private const int Chains = 20;
    private const int Turns = 5_000_000;
    private readonly ExecutableMemory _memory;

    public DotPeakJob()
    {
        var code = new Assembler();
        KernelFrame.Enter(code, KernelFrame.Native);
        code.Mov(Gpr.Rcx, Turns);
        int turn = code.Here();
        for (int i = 0; i < Chains; i++)
        {
            code.Vpdpbusd(new Zmm(i), new Zmm(30), new Zmm(31));
        }

        code.Dec(Gpr.Rcx);
        code.Jnz(turn);
        KernelFrame.Leave(code, KernelFrame.Native);
        _memory = ExecutableMemory.TryCreate(code.ToArray(), out string? whyNot) ?? throw new NotSupportedException(whyNot);
    }

    /// <summary>Multiply and add count one each.</summary>
    public static double OperationsPerShare => 2.0 * 64 * Chains * Turns;

    public override void Run(int share, int shareCount) => ((delegate* unmanaged<nint, void>)_memory.Address)(0);

    public void Dispose() => _memory.Dispose();
}

/// <summary>One panel of 32 weight rows, in the first-level cache, against tokens in the second-level one.</summary>
internal sealed unsafe class PanelJob : Job, IDisposable
{
    public const int Columns = 1024;
    public const int Groups = 85;
    private const int Turns = 400;
    private const int Blocks = Columns / BlockLayout.BlockSize;
    private const int TokenBlocks = Blocks * VnniKernels.PanelTokens;
    private const int SumFloats = VnniKernels.PanelTokens * 32;
    private const int FloatsPerShare = (32 * Columns / 4) + (2 * Blocks * 32) + (Groups * ((TokenBlocks * 8) + (3 * TokenBlocks) + SumFloats));
    private readonly delegate* unmanaged<PanelArguments*, void> _kernel;
    private readonly HostBuffer _space;

    public PanelJob(VnniKernels kernels, bool hasOffsets, int threadCount)
    {
        _kernel = kernels.Panel(hasOffsets);
        _space = HostBuffer.Allocate((long)FloatsPerShare * sizeof(float) * threadCount, "panels");
        new Span<byte>((void*)_space.DangerousGetHandle(), (int)_space.ByteCount).Clear();
    }

    public static double OperationsPerShare => 2.0 * 32 * Columns * VnniKernels.PanelTokens * Groups * Turns;

    public override void Run(int share, int shareCount)
    {
        float* next = (float*)_space.DangerousGetHandle() + ((long)FloatsPerShare * share);
        float* Take(int count) => (next += count) - count;
        var arguments = new PanelArguments { Weights = (byte*)Take(32 * Columns / 4), BlockCount = Blocks };
        arguments.WeightScales = Take(Blocks * 32);
        arguments.WeightOffsets = Take(Blocks * 32);
        float* tokens = Take(Groups * TokenBlocks * 8), scales = Take(Groups * TokenBlocks), starts = Take(Groups * TokenBlocks);
        float* tokenSums = Take(Groups * TokenBlocks), sums = Take(Groups * SumFloats);
        for (int turn = 0; turn < Turns; turn++)
        {
            for (int group = 0; group < Groups; group++)
            {
                arguments.Tokens = (sbyte*)(tokens + (group * TokenBlocks * 8));
                arguments.TokenScales = scales + (group * TokenBlocks);
                arguments.TokenStarts = (int*)(starts + (group * TokenBlocks));
                arguments.TokenSums = tokenSums + (group * TokenBlocks);
                arguments.Sums = sums + (group * SumFloats);
                _kernel(&arguments);
            }
        }
    }

    public void Dispose() => _space.Dispose();
}

/// <summary>A buffer as the codes and scales of a matrix, tile after tile against a few tokens.</summary>
internal sealed unsafe class FewTokenJob : Job, IDisposable
{
    public const long Bytes = 1L << 30;
    private const int Columns = 5120;
    private readonly delegate* unmanaged<FewTokenArguments*, void> _kernel;
    private readonly HostBuffer _tokens;
    private readonly byte* _codes;
    private readonly bool _hasOffsets;
    private readonly int _tokenCount;
    private readonly long _codeBytes;
    private readonly long _scaleBytes;
    private readonly int _tiles;

    public FewTokenJob(VnniKernels kernels, byte* codes, WeightFormat format, bool hasOffsets, int tokenCount, int threadCount)
    {
        _kernel = kernels.FewTokens(format, hasOffsets, tokenCount);
        _codes = codes;
        (_hasOffsets, _tokenCount) = (hasOffsets, tokenCount);
        _codeBytes = BlockLayout.CodeBytesPerTile(format, Columns);
        _scaleBytes = BlockLayout.ScaleBytesPerTile(Columns);
        _tiles = (int)(Bytes / (_codeBytes + (_scaleBytes * (hasOffsets ? 2 : 1))));
        _tokens = HostBuffer.Allocate(Columns * 2 * tokenCount, "tokens");
        new Span<byte>((void*)_tokens.DangerousGetHandle(), (int)_tokens.ByteCount).Clear();
    }

    public double BytesRead => (double)_tiles * (_codeBytes + (_scaleBytes * (_hasOffsets ? 2 : 1)));

    public override void Run(int share, int shareCount)
    {
        float* sums = stackalloc float[VnniKernels.MostFewTokens * BlockLayout.TileRows];
        sbyte* tokens = (sbyte*)_tokens.DangerousGetHandle();
        float* tokenScales = (float*)(tokens + (_tokenCount * Columns));
        int blocks = BlockLayout.BlockCount(Columns);
        (int start, int end) = Share.Range(_tiles, 1, share, shareCount);
        byte* scales = _codes + (_tiles * _codeBytes);
        for (int tile = start; tile < end; tile++)
        {
            var arguments = new FewTokenArguments
            {
                Table = Vector128<byte>.Zero,
                Codes = _codes + (tile * _codeBytes),
                Scales = (ushort*)(scales + (tile * _scaleBytes)),
                Offsets = (ushort*)(scales + ((_tiles + (_hasOffsets ? tile : 0)) * _scaleBytes)),
                Tokens = tokens,
                TokenScales = tokenScales,
                TokenStarts = (int*)(tokenScales + (blocks * _tokenCount)),
                TokenSums = tokenScales + (2 * blocks * _tokenCount),
                BlockCount = blocks,
                Sums = sums,
            };
            _kernel(&arguments);
        }
    }

    public void Dispose() => _tokens.Dispose();
}
