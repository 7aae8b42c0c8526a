// SPDX-License-Identifier: MIT
// What linear_skinny and linear_blocks multiply by: eight inputs of one token at a time, in the weight's format, zeros where there is no such token
// or input. Rows are kept in one of three ways.
#pragma once

// Eight numbers at a multiple of eight.
DEVICE void load_eight(const void* numbers, int type, int index, float (&values)[8])
{
    if (type == NumberF32) {
        const float* source = static_cast<const float*>(numbers) + index;
        const float4 low = load_float4(source), high = load_float4(source + 4);
        values[0] = low.x, values[1] = low.y, values[2] = low.z, values[3] = low.w;
        values[4] = high.x, values[5] = high.y, values[6] = high.z, values[7] = high.w;
        return;
    }
    const uint4 chunk = load16(static_cast<const u16*>(numbers) + index);
    const u32 words[4] = {chunk.x, chunk.y, chunk.z, chunk.w};
    UNROLL for (int i = 0; i < 4; i++) {
        const u16 first = (u16)(words[i] & 0xffffu), second = (u16)(words[i] >> 16);
        values[2 * i] = type == NumberBf16 ? bf16_to_float(first) : f16_to_float(first);
        values[2 * i + 1] = type == NumberBf16 ? bf16_to_float(second) : f16_to_float(second);
    }
}

template <class Format>
DEVICE uint4 pack_eight(Format format, const float (&values)[8])
{
    const uint4 chunk = {pack(format, values[0], values[1]), pack(format, values[2], values[3]), pack(format, values[4], values[5]), pack(format, values[6], values[7])};
    return chunk;
}

// Eight numbers of an F32 row, or nothing where there is no such token or input.
template <class Parameters>
DEVICE bool load_inputs(const Parameters& p, int token, int column, float (&values)[8])
{
    if (token >= p.tokens || column >= p.columns) return false;
    load_eight(static_cast<const float*>(p.source) + token * p.sourceStride, NumberF32, column, values);
    return true;
}

// F32 rows, rounded as they are read.
struct RowsF32 {
    static constexpr int SharedFloats = 0;

    template <class Parameters>
    DEVICE_MEMBER void begin(const Parameters&, float*, int) {}

    template <class Format, class Parameters>
    DEVICE_MEMBER uint4 load(Format format, const Parameters& p, int token, int column) const
    {
        const uint4 none = {0, 0, 0, 0};
        float values[8];
        return load_inputs(p, token, column, values) ? pack_eight(format, values) : none;
    }
};

// Rows in the weight's format.
struct Rows16 {
    static constexpr int SharedFloats = 0;

    template <class Parameters>
    DEVICE_MEMBER void begin(const Parameters&, float*, int) {}

    template <class Format, class Parameters>
    DEVICE_MEMBER uint4 load(Format, const Parameters& p, int token, int column) const
    {
        const uint4 none = {0, 0, 0, 0};
        return token < p.tokens && column < p.columns ? load16(static_cast<const u16*>(p.source) + token * p.sourceStride + column) : none;
    }
};

// F32 rows of at most eight tokens a block, normalised and rounded as they are read: the bits of rms_norm, without its launch. Every block
// sums the squares of its tokens anew, from the second cache, while its first weights are on their way.
struct RowsToNorm {
    static constexpr int Tokens = 8;
    static constexpr int Warps = 8;
    static constexpr int SharedFloats = Tokens * Warps;

    float factor = 0.0f;
    bool isReady = false;

    // `sums` is the block's own until its end: a warp may have run on to the parts of its results while another still reads them.
    template <class Parameters>
    DEVICE_MEMBER void begin(const Parameters& p, float* sums, int firstToken)
    {
        if (isReady) return;
        isReady = true;
        const float* rows = static_cast<const float*>(p.source) + firstToken * p.sourceStride;
        const int tokens = min_int(Tokens, p.tokens - firstToken);
        for (int i = 0; i < tokens; i++) {
            const float ofWarp = warp_sum(part_of_squares(rows + i * p.sourceStride, p.columns));
            if (lane() == 0) sums[i * Warps + (int)warp()] = ofWarp;
        }
        block_barrier();
        const int token = (int)lane() / 4;
        if (token < tokens) factor = norm_factor(sums + token * Warps, p.columns, p.epsilon);
    }

    template <class Format, class Parameters>
    DEVICE_MEMBER uint4 load(Format format, const Parameters& p, int token, int column) const
    {
        const uint4 none = {0, 0, 0, 0};
        float values[8], weight[8];
        if (!load_inputs(p, token, column, values)) return none;
        load_eight(p.norm, p.normType, column, weight);
        UNROLL for (int i = 0; i < 8; i++) values[i] = values[i] * factor * weight[i];
        return pack_eight(format, values);
    }
};
