// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels;
using Phi4.Kernels.Cpu;
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Benchmarks.Kernels;

/// <summary>A buffer as the codes and scales of a matrix, tiles after tiles against a few tokens.</summary>
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
    private readonly int _unitTiles;
    private readonly int _tiles;
    private readonly long _codeBytes;
    private readonly long _scaleBytes;
    private readonly int _scaleKinds;

    public QuantizedKernelJob(
        VnniKernels kernels, byte* codes, long byteCount, WeightFormat format, bool hasOffsets, int tokenCount, int turns)
    {
        _kernel = kernels.For(format, hasOffsets, tokenCount);
        _codes = codes;
        (_tokenCount, _turns, _scaleKinds) = (tokenCount, turns, hasOffsets ? 2 : 1);
        _unitTiles = QuantizedKernel.Tiles(tokenCount);
        _codeBytes = BlockLayout.CodeBytesPerTile(format, Columns);
        _scaleBytes = BlockLayout.ScaleBytesPerTile(Columns);
        _tiles = (int)(byteCount / (_codeBytes + (_scaleBytes * _scaleKinds)) / _unitTiles * _unitTiles);
        _tokens = HostBuffer.Allocate(Columns * 2 * tokenCount, "tokens");
        new Span<byte>((void*)_tokens.DangerousGetHandle(), (int)_tokens.ByteCount).Clear();
    }

    public double BytesRead => (double)_turns * _tiles * (_codeBytes + (_scaleBytes * _scaleKinds));

    public double Operations => 2.0 * _turns * _tiles * BlockLayout.TileRows * Columns * _tokenCount;

    public override void Run(int share, int shareCount)
    {
        float* sums = stackalloc float[VnniKernels.MostTokens * 2 * BlockLayout.TileRows];
        (int start, int end) = Share.Range(_tiles, _unitTiles, share, shareCount);
        byte* scales = _codes + (_tiles * _codeBytes);
        byte* offsets = scales + (_tiles * _scaleBytes);
        for (int turn = 0; turn < _turns; turn++)
        {
            for (int tile = start; tile < end; tile += _unitTiles)
            {
                var arguments = new QuantizedArguments { Tokens = (byte*)_tokens.DangerousGetHandle(), BlockCount = Blocks, Sums = sums };
                for (int i = 0; i < _unitTiles; i++)
                {
                    arguments.Codes[i] = (nint)(_codes + ((tile + i) * _codeBytes));
                    arguments.Scales[i] = (nint)(scales + ((tile + i) * _scaleBytes));
                    arguments.Offsets[i] = (nint)(offsets + ((tile + i) * _scaleBytes));
                }

                _kernel(&arguments);
            }
        }
    }

    public void Dispose() => _tokens.Dispose();
}
