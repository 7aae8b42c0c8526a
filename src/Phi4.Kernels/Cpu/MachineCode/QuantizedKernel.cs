// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// The bodies over <see cref="QuantizedArguments"/>: codes are read once for all tokens. Signed codes get their + 128 by flipping the sign bit,
/// 4-bit ones by a table. Where there is VBMI, a permutation takes the low six bits of its index: the table stands there four times, so whatever
/// lies above the four needs no masking.
/// </summary>
/// <remarks>
/// One or two tokens are bound by reading, and a tile is one stream of memory that the processor fetches ahead by itself: several tiles at once, or scales
/// elsewhere, or asking for lines, were all slower. From three tokens on arithmetic decides. A block of a tile and T tokens is 8 T dot products and 2 T multiplications of scales on
/// the two ports that have 512-bit multipliers: at best 80 % of the dot peak (73 % with offsets), whatever T is.
/// </remarks>
internal static unsafe class QuantizedKernel
{
    private const int Steps = BlockLayout.BlockSize / 4;
    private const int VectorBytes = 64;
    private const int PrefetchBytes = 4096;

    // Above, the processor's own fetching ahead does not keep up.
    private const int MostTokensUnaided = 2;

    private const Gpr Arguments = Gpr.Rdi;
    private const Gpr Weights = Gpr.Rax;
    private const Gpr Tokens = Gpr.Rcx;
    private const Gpr Blocks = Gpr.Rdx;
    private const Gpr Tiles = Gpr.Rsi;
    private const Gpr Sums = Gpr.R8;

    public static byte[] Assemble(WeightFormat format, bool hasOffsets, int tokenCount, CallingConvention convention, bool hasVbmi)
    {
        QuantizedArguments at = default;
        return new Body(&at, new BlockLayout(format, hasOffsets), tokenCount, hasVbmi).Assemble(convention);
    }

    private sealed class Body
    {
        private readonly Assembler _code = new();

        // Tells where the fields are.
        private readonly QuantizedArguments* _at;
        private readonly BlockLayout _layout;
        private readonly bool _isInt8;
        private readonly bool _hasVbmi;
        private readonly int _tokens;

        // Registers: for each token a sum and a chain of dot products, or two; codes (Int4: of both halves), constants, the rest.
        private readonly Zmm _sums;
        private readonly Zmm _dots;
        private readonly Zmm _highDots;
        private readonly Zmm _low;
        private readonly Zmm _high;
        private readonly Zmm _constant;
        private readonly Zmm _lowHalves;
        private readonly Zmm _spare;
        private readonly int _spareCount;

        public Body(QuantizedArguments* at, BlockLayout layout, int tokenCount, bool hasVbmi)
        {
            _at = at;
            (_layout, _tokens, _hasVbmi) = (layout, tokenCount, hasVbmi);
            _isInt8 = layout.Format == WeightFormat.Int8;
            _sums = new Zmm(0);
            _dots = _sums[_tokens];
            _highDots = HasTwoChains ? _dots[_tokens] : _dots;
            _low = _highDots[_tokens];
            _high = _isInt8 ? _low : _low[1];
            _constant = _high[1];
            _lowHalves = _isInt8 || hasVbmi ? _constant : _constant[1];
            _spare = _lowHalves[1];
            _spareCount = 32 - _spare.Number;
        }

        // Eight dot products in turn take longer than a block of 4-bit codes takes to arrive; more tokens are more chains anyway.
        private bool HasTwoChains => !_isInt8 && _tokens == 1;

        private int NumbersAt => _tokens * BlockLayout.BlockSize;

        public byte[] Assemble(CallingConvention convention)
        {
            KernelFrame.Enter(_code, convention);
            Load();
            int tile = _code.Here();
            MoveSums(isLoad: true);
            _code.Mov(Tokens, Field(&_at->Tokens));
            _code.Mov(Blocks, Field(&_at->BlockCount));
            int block = _code.Here();
            if (_tokens > MostTokensUnaided)
            {
                Prefetch();
            }

            DotProducts();
            Scale();
            if (_layout.HasOffsets)
            {
                AddOffsets();
            }

            _code.Add(Weights, _layout.BlockBytes);
            _code.Add(Tokens, _tokens * (BlockLayout.BlockSize + (3 * sizeof(int))));
            _code.Dec(Blocks);
            _code.Jnz(block);
            MoveSums(isLoad: false);
            _code.Add(Weights, Field(&_at->TileSkip));
            _code.Add(Sums, VectorBytes);
            _code.Dec(Tiles);
            _code.Jnz(tile);
            KernelFrame.Leave(_code, convention);
            return _code.ToArray();
        }

        private void Load()
        {
            if (_isInt8)
            {
                Fill(_constant, 0x80808080);
            }
            else
            {
                _code.Vbroadcasti32x4(_constant, Field(&_at->Table));
            }

            if (_lowHalves != _constant)
            {
                Fill(_lowHalves, 0x0F0F0F0F);
            }

            _code.Mov(Weights, Field(&_at->Weights));
            _code.Mov(Tiles, Field(&_at->TileCount));
            _code.Mov(Sums, Field(&_at->Sums));
        }

        private void Fill(Zmm constant, uint value)
        {
            _code.Mov(Gpr.Rax, value);
            _code.Vpbroadcastd(constant, Gpr.Rax);
        }

        // Past the tile's end too, where the next tile follows.
        private void Prefetch()
        {
            for (int line = 0; line < _layout.BlockBytes; line += VectorBytes)
            {
                _code.Prefetcht0(new Memory(Weights, PrefetchBytes + line));
            }
        }

        private void DotProducts()
        {
            for (int token = 0; token < _tokens; token++)
            {
                _code.Vpbroadcastd(_dots[token], new Memory(Tokens, NumbersAt + (token * sizeof(int))));
            }

            if (HasTwoChains)
            {
                _code.Vpxord(_highDots, _highDots, _highDots);
            }

            for (int step = 0; step < Steps; step++)
            {
                LoadCodes(step);
                (Zmm codes, Zmm dots) = _isInt8 || step % 2 == 0 ? (_low, _dots) : (_high, _highDots);
                for (int token = 0; token < _tokens; token++)
                {
                    _code.Vpdpbusd(dots[token], codes, new Memory(Tokens, ((step * _tokens) + token) * 4).Broadcast);
                }
            }

            if (HasTwoChains)
            {
                _code.Vpaddd(_dots, _dots, _highDots);
            }
        }

        // Four inputs of sixteen rows, + 128; Int4: those of the next step too, where the step has them in the low halves.
        private void LoadCodes(int step)
        {
            if (_isInt8)
            {
                _code.Vpxord(_low, _constant, new Memory(Weights, step * VectorBytes));
                return;
            }

            if (step % 2 == 1)
            {
                return;
            }

            _code.Vmovdqu32(_low, new Memory(Weights, step / 2 * VectorBytes));
            _code.Vpsrlw(_high, _low, 4);
            if (_hasVbmi)
            {
                _code.Vpermb(_low, _low, _constant);
                _code.Vpermb(_high, _high, _constant);
            }
            else
            {
                _code.Vpandd(_low, _low, _lowHalves);
                _code.Vpandd(_high, _high, _lowHalves);
                _code.Vpshufb(_low, _constant, _low);
                _code.Vpshufb(_high, _constant, _high);
            }
        }

        private void Scale()
        {
            _code.Vcvtph2ps(_low, new Memory(Weights, _layout.CodeBytes));
            for (int token = 0; token < _tokens; token++)
            {
                Zmm product = _spare[token % _spareCount];
                _code.Vcvtdq2ps(_dots[token], _dots[token]);
                _code.Vmulps(product, _low, Number(1, token));
                _code.Vfmadd231ps(_sums[token], _dots[token], product);
            }
        }

        private void AddOffsets()
        {
            _code.Vcvtph2ps(_low, new Memory(Weights, _layout.CodeBytes + BlockLayout.ScaleBytes));
            for (int token = 0; token < _tokens; token++)
            {
                _code.Vfmadd231ps(_sums[token], _low, Number(2, token));
            }
        }

        private void MoveSums(bool isLoad)
        {
            _code.Mov(Tokens, Sums);
            for (int token = 0; token < _tokens; token++)
            {
                if (token > 0)
                {
                    _code.Add(Tokens, Field(&_at->SumStride));
                }

                if (isLoad)
                {
                    _code.Vmovups(_sums[token], new Memory(Tokens, 0));
                }
                else
                {
                    _code.Vmovups(new Memory(Tokens, 0), _sums[token]);
                }
            }
        }

        // A token's start, scale or sum of this block, in all lanes.
        private VectorOperand Number(int kind, int token) => new Memory(Tokens, NumbersAt + (((kind * _tokens) + token) * sizeof(float))).Broadcast;

        private Memory Field(void* field) => new(Arguments, (int)((byte*)field - (byte*)_at));
    }
}
