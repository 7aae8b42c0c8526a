// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels;
using Phi4.Kernels.Cpu;
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Benchmarks.Kernels;

/// <summary>A buffer as the blocks of a matrix, tiles after tiles against a few tokens.</summary>
internal sealed unsafe class QuantizedKernelJob : Job, IDisposable
{
    public const long MemoryBytes = 1L << 29;

    /// <summary>For each thread.</summary>
    public const long CacheBytes = 400_000;

    private const int Columns = 5120;
    private const int Blocks = Columns / BlockLayout.BlockSize;
    private readonly delegate* unmanaged<QuantizedArguments*, void> _kernel;
    private readonly HostBuffer _tokens;
    private readonly byte* _codes;
    private readonly int _tokenCount;
    private readonly int _turns;
    private readonly int _tiles;
    private readonly long _tileBytes;

    public QuantizedKernelJob(
        VnniKernels kernels, byte* codes, long byteCount, WeightFormat format, bool hasOffsets, int tokenCount, int turns)
    {
        _kernel = kernels.For(format, hasOffsets, tokenCount);
        _codes = codes;
        (_tokenCount, _turns) = (tokenCount, turns);
        _tileBytes = new BlockLayout(format, hasOffsets).TileBytes(Columns);
        _tiles = (int)(byteCount / _tileBytes);
        _tokens = HostBuffer.Allocate(Columns * 2 * tokenCount, "tokens");
        new Span<byte>((void*)_tokens.DangerousGetHandle(), (int)_tokens.ByteCount).Clear();
    }

    public double BytesRead => (double)_turns * _tiles * _tileBytes;

    public double Operations => 2.0 * _turns * _tiles * BlockLayout.TileRows * Columns * _tokenCount;

    public override void Run(int share, int shareCount)
    {
        (int start, int end) = Share.Range(_tiles, 1, share, shareCount);
        float* sums = stackalloc float[VnniKernels.MostTokens * BlockLayout.TileRows];
        for (int turn = 0; turn < _turns; turn++)
        {
            for (int tile = start; tile < end; tile++)
            {
                var arguments = new QuantizedArguments
                {
                    Weights = (nint)(_codes + (tile * _tileBytes)),
                    TileCount = 1,
                    BlockCount = Blocks,
                    Tokens = (byte*)_tokens.DangerousGetHandle(),
                    Sums = sums,
                    SumStride = BlockLayout.TileRows * sizeof(float),
                };
                _kernel(&arguments);
            }
        }
    }

    public void Dispose() => _tokens.Dispose();
}
