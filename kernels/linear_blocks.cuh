// SPDX-License-Identifier: MIT
#pragma once

// linear_int8, linear_int4 : what linear_skinny computes, with weights in blocks: scale * code, or scale * table[code] (+ offset)
// linear_normed_int8, linear_normed_int4 : the same as t8, over rows that rms_norm is yet to be applied to
//          a block's products are a chain of two mma from zero; sum = fma(products, scale, sum), with offsets sum = fma(offset, sum of the
//          activations, sum); blocks in segments as in linear.cuh; activations rounded to BF16, codes and table are exact in it
// shapes   destination [T, N] F32   source [T, H] F32 (t8, normed: H % 8 == 0, rows at multiples of 16 bytes) or BF16 (t16, t32, t64: padded with zeros
//          to a multiple of 8, rows at multiples of 16 bytes)   blocks: BlockLayout (C#), at a multiple of 32 bytes
// tile     a tile of sixteen rows (of both matrices if gated) times 8, 16, 32 or 64 tokens a block; a warp takes a segment of the inputs
// traffic  8.5 or 4.5 bits a weight, once; memory-bound up to some 32 tokens
// oracle   ReferenceKernels.Linear, LinearSwiGlu      pass mark  80 % (int8), 70 % (int4) of the read bandwidth at T=1
//
// Lane (g, q) brings rows 2g and 2g + 1 of a tile, inputs 8q..8q+7 of a block: mma's rows g and g + 8.
struct LinearBlocksParameters {
    float* destination;
    i64 destinationStride;
    const void* source;
    i64 sourceStride;
    const u8* blocks;
    const u8* upBlocks;
    const void* bias;
    int biasType;
    int addResidual;
    int tokens;
    int features;
    int columns;
    int hasOffsets;
    u32 tableLow[4];
    u32 tableHigh[4];
    const void* norm;
    int normType;
    float epsilon;
};
static_assert(sizeof(LinearBlocksParameters) == 128, "as in C#");

#define SCALE_BYTES 32

// The blocks of one tile.
template <int Bits>
struct TileOfBlocks {
    const u8* blocks;
    int blockBytes;

    static constexpr int CodeBytes = 64 * Bits;
    static constexpr int CodeWords = Bits / 4;

    struct Loaded {
        uint2 codes[CodeWords];
        u32 scales;
        u32 offsets;
    };

    DEVICE_MEMBER Loaded load(int block, int last, bool hasOffsets) const
    {
        Loaded loaded = {};
        if (block >= last) return loaded;
        const u8* at = blocks + (i64)block * blockBytes;
        const int g = (int)lane() / 4, q = (int)lane() % 4;
        UNROLL for (int i = 0; i < CodeWords; i++) loaded.codes[i] = load8_streamed(at + (CodeWords * q + i) * 64 + g * 8);
        loaded.scales = *reinterpret_cast<const u32*>(at + CodeBytes + 4 * g);
        if (hasOffsets) loaded.offsets = *reinterpret_cast<const u32*>(at + CodeBytes + SCALE_BYTES + 4 * g);
        return loaded;
    }
};

DEVICE float low_f16(u32 pair) { return f16_to_float((u16)(pair & 0xffffu)); }
DEVICE float high_f16(u32 pair) { return f16_to_float((u16)(pair >> 16)); }

// Four signed bytes to BF16. A byte below 2^23, put into the mantissa of 2^23, is a float as it stands.
DEVICE void widen_bytes(u32 bytes, u32 (&pairs)[2])
{
    const u32 biased = bytes ^ 0x80808080u;
    float values[4];
    UNROLL for (u32 i = 0; i < 4; i++) values[i] = bits_to_float(permute_bytes(biased, 0x4b000000u, 0x7440u + i)) - 8388736.0f;
    pairs[0] = pack_bf16(values[0], values[1]);
    pairs[1] = pack_bf16(values[2], values[3]);
}

// Four codes of four bits to a byte each of what the table says.
DEVICE u32 look_up(const u32 (&table)[4], u32 codes)
{
    const u32 inHalf = codes & 0x7777u;
    return permute_bytes(permute_bytes(table[0], table[1], inHalf), permute_bytes(table[2], table[3], inHalf), 0x3210u | (codes & 0x8888u) >> 1);
}

// Eight inputs of one row, in the order of the inputs.
DEVICE void decode(const LinearBlocksParameters&, const u32 (&words)[2], u32 (&pairs)[4])
{
    u32 first[2], second[2];
    widen_bytes(words[0], first);
    widen_bytes(words[1], second);
    pairs[0] = first[0];
    pairs[1] = first[1];
    pairs[2] = second[0];
    pairs[3] = second[1];
}

// A word's nibbles are codes 0 4 1 5 2 6 3 7; the table is there twice, lower and upper bytes of its sixteen numbers in BF16.
DEVICE void decode(const LinearBlocksParameters& p, const u32 (&words)[1], u32 (&pairs)[4])
{
    UNROLL for (int half = 0; half < 2; half++) {
        const u32 codes = words[0] >> 16 * half;
        const u32 low = look_up(p.tableLow, codes), high = look_up(p.tableHigh, codes);
        pairs[half] = permute_bytes(low, high, 0x6240u);
        pairs[2 + half] = permute_bytes(low, high, 0x7351u);
    }
}

// A block as mma's A operand, in the form of a row-major weight's step.
template <int Words>
DEVICE WeightStep decode_step(const LinearBlocksParameters& p, const uint2 (&codes)[Words])
{
    u32 words[Words], low[4], high[4];
    UNROLL for (int i = 0; i < Words; i++) words[i] = codes[i].x;
    decode(p, words, low);
    UNROLL for (int i = 0; i < Words; i++) words[i] = codes[i].y;
    decode(p, words, high);
    const WeightStep step = {{low[0], low[1], low[2], low[3]}, {high[0], high[1], high[2], high[3]}};
    return step;
}

// A warp's segment of one matrix.
template <int Bits, class Rows, int TokenTiles>
DEVICE void sum_blocks(const LinearBlocksParameters& p, Rows& rows, float* sumsOfRows, const u8* blocks, int firstToken, float (&sums)[TokenTiles][4])
{
    using Tile = TileOfBlocks<Bits>;
    const bool hasOffsets = p.hasOffsets != 0;
    const int steps = step_count(p.columns), ofSegment = segment_steps(steps);
    const int first = (int)warp() * ofSegment, last = min_int(steps, first + ofSegment);
    const int blockBytes = Tile::CodeBytes + SCALE_BYTES * (hasOffsets ? 2 : 1);
    const Tile tile = {blocks + (i64)block_x() * steps * blockBytes, blockBytes};
    const u32 one = pack_bf16(1.0f, 1.0f);
    const WeightStep ones = {{one, one, one, one}, {one, one, one, one}};

    typename Tile::Loaded now[SKINNY_DEPTH];
    let_successor_start();
    UNROLL for (int i = 0; i < SKINNY_DEPTH; i++) now[i] = tile.load(first + i, last, hasOffsets);
    wait_for_predecessor();
    rows.begin(p, sumsOfRows, firstToken);
    for (int block = first; block < last; block += SKINNY_DEPTH) {
        typename Tile::Loaded next[SKINNY_DEPTH];
        UNROLL for (int i = 0; i < SKINNY_DEPTH; i++) next[i] = tile.load(block + SKINNY_DEPTH + i, last, hasOffsets);
        UNROLL for (int i = 0; i < SKINNY_DEPTH; i++) {
            if (block + i < last) {
                const WeightStep weight = decode_step(p, now[i].codes);
                const int column = (block + i) * STEP_COLUMNS + (int)(lane() % 4) * 8;
                UNROLL for (int t = 0; t < TokenTiles; t++) {
                    const uint4 activations = rows.load(Bf16(), p, firstToken + 8 * t + (int)lane() / 4, column);
                    float products[4] = {};
                    multiply_step(Bf16(), products, weight, activations);
                    sums[t][0] = fma(products[0], low_f16(now[i].scales), sums[t][0]);
                    sums[t][1] = fma(products[1], low_f16(now[i].scales), sums[t][1]);
                    sums[t][2] = fma(products[2], high_f16(now[i].scales), sums[t][2]);
                    sums[t][3] = fma(products[3], high_f16(now[i].scales), sums[t][3]);
                    if (!hasOffsets) continue;
                    float ofActivations[4] = {};
                    multiply_step(Bf16(), ofActivations, ones, activations);
                    sums[t][0] = fma(low_f16(now[i].offsets), ofActivations[0], sums[t][0]);
                    sums[t][1] = fma(low_f16(now[i].offsets), ofActivations[1], sums[t][1]);
                    sums[t][2] = fma(high_f16(now[i].offsets), ofActivations[0], sums[t][2]);
                    sums[t][3] = fma(high_f16(now[i].offsets), ofActivations[1], sums[t][3]);
                }
            }
            now[i] = next[i];
        }
    }
}

// Leaves a warp's sums as [warp][16 rows][tokens].
template <int TokenTiles>
DEVICE void leave_parts(float* parts, const float (&sums)[TokenTiles][4])
{
    const int g = (int)lane() / 4, q = (int)lane() % 4;
    constexpr int Tokens = 8 * TokenTiles;
    UNROLL for (int t = 0; t < TokenTiles; t++) {
        float* part = parts + ((int)warp() * 16 + 2 * g) * Tokens + 8 * t + 2 * q;
        part[0] = sums[t][0];
        part[1] = sums[t][1];
        part[Tokens] = sums[t][2];
        part[Tokens + 1] = sums[t][3];
    }
}

template <int Bits, class Rows, int TokenTiles>
DEVICE void linear_blocks(const LinearBlocksParameters& p)
{
    SHARED(shared);
    constexpr int Tokens = 8 * TokenTiles;
    const int firstToken = (int)block_y() * Tokens;
    float* sumsOfRows = reinterpret_cast<float*>(shared);
    float* parts = sumsOfRows + Rows::SharedFloats;
    float* upParts = parts + SEGMENTS * 16 * Tokens;
    float sums[TokenTiles][4] = {};
    Rows rows;
    sum_blocks<Bits>(p, rows, sumsOfRows, p.blocks, firstToken, sums);
    leave_parts(parts, sums);
    if (p.upBlocks) {
        float ups[TokenTiles][4] = {};
        sum_blocks<Bits>(p, rows, sumsOfRows, p.upBlocks, firstToken, ups);
        leave_parts(upParts, ups);
    }
    block_barrier();

    for (int i = (int)thread_index(); i < 16 * Tokens; i += 256) {
        const int row = i % 16, inTile = i / 16, token = firstToken + inTile, feature = (int)block_x() * 16 + row;
        if (token >= p.tokens || feature >= p.features) continue;
        const float sum = add_segments(parts + row * Tokens + inTile, 16 * Tokens);
        if (p.upBlocks) finish_gated(p, token, feature, sum, add_segments(upParts + row * Tokens + inTile, 16 * Tokens));
        else finish(p, token, feature, sum);
    }
}

KERNEL(linear_int8_t8, LinearBlocksParameters, 256, 2) { linear_blocks<8, RowsF32, 1>(p); }
KERNEL(linear_int8_t16, LinearBlocksParameters, 256, 2) { linear_blocks<8, Rows16, 2>(p); }
KERNEL(linear_int8_t32, LinearBlocksParameters, 256, 2) { linear_blocks<8, Rows16, 4>(p); }
KERNEL(linear_int8_t64, LinearBlocksParameters, 256, 2) { linear_blocks<8, Rows16, 8>(p); }
KERNEL(linear_int4_t8, LinearBlocksParameters, 256, 2) { linear_blocks<4, RowsF32, 1>(p); }
KERNEL(linear_int4_t16, LinearBlocksParameters, 256, 2) { linear_blocks<4, Rows16, 2>(p); }
KERNEL(linear_int4_t32, LinearBlocksParameters, 256, 2) { linear_blocks<4, Rows16, 4>(p); }
KERNEL(linear_int4_t64, LinearBlocksParameters, 256, 2) { linear_blocks<4, Rows16, 8>(p); }
KERNEL(linear_normed_int8, LinearBlocksParameters, 256, 2) { linear_blocks<8, RowsToNorm, 1>(p); }
KERNEL(linear_normed_int4, LinearBlocksParameters, 256, 2) { linear_blocks<4, RowsToNorm, 1>(p); }
