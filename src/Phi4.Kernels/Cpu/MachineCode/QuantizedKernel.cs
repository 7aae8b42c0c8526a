// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// The bodies over <see cref="QuantizedArguments"/>: codes are read once for all tokens. Signed codes get their + 128 by flipping the sign bit,
/// 4-bit ones by a table. Where there is VBMI, a permutation takes the low six bits of its index: the table stands there four times, so whatever
/// lies above the four needs no masking.
/// </summary>
/// <remarks>
/// One or two tokens are bound by reading: four tiles at once are four streams of memory, which one core reads faster than one. Up to six share
/// each broadcast of a token between two tiles; seven and eight need the registers for one. A block of a tile and T tokens is 8 T dot products and 2 T
/// multiplications of scales on the two ports that have 512-bit multipliers: at best 80 % of the dot peak (73 % with offsets), whatever T is.
/// </remarks>
internal static unsafe class QuantizedKernel
{
    private const int Steps = BlockLayout.BlockSize / 4;
    private const int VectorBytes = 64;
    private const int PrefetchBytes = 4096;

    // One prefetch for so many lines keeps the processor's own ones going across pages; more would take the place of loads.
    private const int SparseLines = 4;

    private const Gpr Arguments = Gpr.Rdi;
    private const Gpr Tokens = Gpr.R10;
    private const Gpr Blocks = Gpr.R11;

    private static readonly Gpr[] Codes = [Gpr.Rax, Gpr.Rcx, Gpr.Rbx, Gpr.Rbp];
    private static readonly Gpr[] Scales = [Gpr.Rdx, Gpr.Rsi, Gpr.R12, Gpr.R13];
    private static readonly Gpr[] Offsets = [Gpr.R8, Gpr.R9, Gpr.R14, Gpr.R15];
    private static readonly Gpr[] Saved = [Gpr.Rbx, Gpr.Rbp, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15];

    /// <summary>Tiles that the kernel for so many tokens takes at once.</summary>
    public static int Tiles(int tokenCount) => tokenCount <= 2 ? 4 : tokenCount <= 6 ? 2 : 1;

    public static byte[] Assemble(WeightFormat format, bool hasOffsets, int tokenCount, CallingConvention convention, bool hasVbmi)
        => new Body(format, hasOffsets, tokenCount, hasVbmi).Assemble(convention);

    private sealed class Body
    {
        private readonly Assembler _code = new();
        private readonly bool _isInt8;
        private readonly bool _hasOffsets;
        private readonly bool _hasVbmi;
        private readonly int _tokens;
        private readonly int _tiles;
        private readonly int _blockBytes;

        // Registers: a sum of either kind for each token and tile, a vector of codes for each tile (Int4: of both halves), constants, the rest.
        private readonly Zmm _dots;
        private readonly Zmm _sums;
        private readonly Zmm _low;
        private readonly Zmm _high;
        private readonly Zmm _constant;
        private readonly Zmm _lowHalves;
        private readonly Zmm _spare;
        private readonly int _spareCount;

        public Body(WeightFormat format, bool hasOffsets, int tokenCount, bool hasVbmi)
        {
            (_isInt8, _hasOffsets, _tokens, _hasVbmi) = (format == WeightFormat.Int8, hasOffsets, tokenCount, hasVbmi);
            _tiles = Tiles(tokenCount);
            _blockBytes = BlockLayout.CodeBytesPerBlock(format);
            _dots = new Zmm(0);
            _sums = _dots[_tokens * _tiles];
            _low = _sums[_tokens * _tiles];
            _high = _low[_tiles];
            _constant = _isInt8 ? _high : _high[_tiles];
            _lowHalves = _constant[1];
            _spare = _isInt8 || hasVbmi ? _constant[1] : _constant[2];
            _spareCount = 32 - _spare.Number;
        }

        private int NumbersAt => _tokens * BlockLayout.BlockSize;

        // Reading decides, not arithmetic.
        private bool IsReading => _tokens <= (_isInt8 ? 6 : 2);

        public byte[] Assemble(CallingConvention convention)
        {
            ReadOnlySpan<Gpr> saved = _tiles > 2 ? Saved : [];
            KernelFrame.Enter(_code, convention, saved);
            Load();
            int block = _code.Here();
            Prefetch();
            DotProducts();
            Scale();
            if (_hasOffsets)
            {
                AddOffsets();
            }

            Advance();
            _code.Dec(Blocks);
            _code.Jnz(block);
            MoveSums(isLoad: false);
            KernelFrame.Leave(_code, convention, saved);
            return _code.ToArray();
        }

        private void Load()
        {
            QuantizedArguments at = default;
            if (_isInt8)
            {
                _code.Mov(Gpr.Rax, 0x80808080);
                _code.Vpbroadcastd(_constant, Gpr.Rax);
            }
            else
            {
                _code.Vbroadcasti32x4(_constant, Field(&at, &at.Table));
                if (!_hasVbmi)
                {
                    _code.Mov(Gpr.Rax, 0x0F0F0F0F);
                    _code.Vpbroadcastd(_lowHalves, Gpr.Rax);
                }
            }

            MoveSums(isLoad: true);
            for (int tile = 0; tile < _tiles; tile++)
            {
                _code.Mov(Codes[tile], Field(&at, (nint*)&at.Codes + tile));
                _code.Mov(Scales[tile], Field(&at, (nint*)&at.Scales + tile));
                if (_hasOffsets)
                {
                    _code.Mov(Offsets[tile], Field(&at, (nint*)&at.Offsets + tile));
                }
            }

            _code.Mov(Tokens, Field(&at, &at.Tokens));
            _code.Mov(Blocks, Field(&at, &at.BlockCount));
        }

        // Past the tile's end too, where the next tile follows.
        private void Prefetch()
        {
            for (int tile = 0; tile < _tiles; tile++)
            {
                int step = VectorBytes * (IsReading ? SparseLines : 1);
                for (int line = 0; line < _blockBytes; line += step)
                {
                    var at = new Memory(Codes[tile], PrefetchBytes + line);
                    if (IsReading)
                    {
                        _code.Prefetcht1(at);
                    }
                    else
                    {
                        _code.Prefetcht0(at);
                    }
                }
            }
        }

        private void DotProducts()
        {
            for (int token = 0; token < _tokens; token++)
            {
                for (int tile = 0; tile < _tiles; tile++)
                {
                    _code.Vpbroadcastd(Dots(token, tile), new Memory(Tokens, NumbersAt + (token * sizeof(int))));
                }
            }

            for (int step = 0; step < Steps; step++)
            {
                for (int tile = 0; tile < _tiles; tile++)
                {
                    LoadCodes(step, tile);
                }

                Zmm codes = _isInt8 || step % 2 == 0 ? _low : _high;
                for (int token = 0; token < _tokens; token++)
                {
                    var inputs = new Memory(Tokens, ((step * _tokens) + token) * 4);
                    VectorOperand operand = inputs.Broadcast;
                    if (_tiles > 1)
                    {
                        _code.Vpbroadcastd(_spare[token % _spareCount], inputs);
                        operand = _spare[token % _spareCount];
                    }

                    for (int tile = 0; tile < _tiles; tile++)
                    {
                        _code.Vpdpbusd(Dots(token, tile), codes[tile], operand);
                    }
                }
            }
        }

        // Four inputs of sixteen rows, + 128; Int4: those of the next step too.
        private void LoadCodes(int step, int tile)
        {
            (Zmm low, Zmm high) = (_low[tile], _high[tile]);
            if (_isInt8)
            {
                _code.Vpxord(low, _constant, new Memory(Codes[tile], step * VectorBytes));
                return;
            }

            if (step % 2 == 1)
            {
                return;
            }

            _code.Vmovdqu32(low, new Memory(Codes[tile], step / 2 * VectorBytes));
            _code.Vpsrlw(high, low, 4);
            if (_hasVbmi)
            {
                _code.Vpermb(low, low, _constant);
                _code.Vpermb(high, high, _constant);
            }
            else
            {
                _code.Vpandd(low, low, _lowHalves);
                _code.Vpandd(high, high, _lowHalves);
                _code.Vpshufb(low, _constant, low);
                _code.Vpshufb(high, _constant, high);
            }
        }

        private void Scale()
        {
            for (int tile = 0; tile < _tiles; tile++)
            {
                _code.Vcvtph2ps(_low[tile], new Memory(Scales[tile], 0));
            }

            for (int i = 0; i < _tokens * _tiles; i++)
            {
                Zmm product = _spare[i % _spareCount];
                _code.Vcvtdq2ps(_dots[i], _dots[i]);
                _code.Vmulps(product, _low[i % _tiles], Number(1, i / _tiles));
                _code.Vfmadd231ps(_sums[i], _dots[i], product);
            }
        }

        private void AddOffsets()
        {
            for (int tile = 0; tile < _tiles; tile++)
            {
                _code.Vcvtph2ps(_low[tile], new Memory(Offsets[tile], 0));
            }

            for (int i = 0; i < _tokens * _tiles; i++)
            {
                _code.Vfmadd231ps(_sums[i], _low[i % _tiles], Number(2, i / _tiles));
            }
        }

        private void Advance()
        {
            for (int tile = 0; tile < _tiles; tile++)
            {
                _code.Add(Codes[tile], _blockBytes);
                _code.Add(Scales[tile], BlockLayout.ScaleBytesPerBlock);
                if (_hasOffsets)
                {
                    _code.Add(Offsets[tile], BlockLayout.ScaleBytesPerBlock);
                }
            }

            _code.Add(Tokens, _tokens * (BlockLayout.BlockSize + (3 * sizeof(int))));
        }

        private void MoveSums(bool isLoad)
        {
            QuantizedArguments at = default;
            _code.Mov(Tokens, Field(&at, &at.Sums));
            for (int i = 0; i < _tokens * _tiles; i++)
            {
                var sum = new Memory(Tokens, i * VectorBytes);
                if (isLoad)
                {
                    _code.Vmovups(_sums[i], sum);
                }
                else
                {
                    _code.Vmovups(sum, _sums[i]);
                }
            }
        }

        private Zmm Dots(int token, int tile) => _dots[(token * _tiles) + tile];

        // A token's start, scale or sum of this block, in all lanes.
        private VectorOperand Number(int kind, int token) => new Memory(Tokens, NumbersAt + (((kind * _tokens) + token) * sizeof(float))).Broadcast;

        private static Memory Field(QuantizedArguments* all, void* field) => new(Arguments, (int)((byte*)field - (byte*)all));
    }
}
