// SPDX-License-Identifier: MIT
// What linear_skinny and linear_blocks multiply by: eight inputs of one token at a time, in the weight's format, zeros where there is no such token
// or input. Rows are kept in one of three ways.
#pragma once

// F32 rows, rounded as they are read.
struct RowsF32 {
    static constexpr int SharedFloats = 0;

    template <class Parameters>
    DEVICE_MEMBER void begin(const Parameters&, float*, int) {}

    template <class Format, class Parameters>
    DEVICE_MEMBER uint4 load(Format format, const Parameters& p, int token, int column) const
    {
        uint4 chunk = {0, 0, 0, 0};
        if (token >= p.tokens || column >= p.columns) return chunk;
        const float* source = static_cast<const float*>(p.source) + token * p.sourceStride + column;
        const float4 low = load_float4(source), high = load_float4(source + 4);
        chunk.x = pack(format, low.x, low.y);
        chunk.y = pack(format, low.z, low.w);
        chunk.z = pack(format, high.x, high.y);
        chunk.w = pack(format, high.z, high.w);
        return chunk;
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
        uint4 chunk = {0, 0, 0, 0};
        if (token >= p.tokens || column >= p.columns) return chunk;
        const float* source = static_cast<const float*>(p.source) + token * p.sourceStride + column;
        const float4 low = load_float4(source), high = load_float4(source + 4);
        float weight[8];
        load_eight(p.norm, p.normType, column, weight);
        chunk.x = pack(format, low.x * factor * weight[0], low.y * factor * weight[1]);
        chunk.y = pack(format, low.z * factor * weight[2], low.w * factor * weight[3]);
        chunk.z = pack(format, high.x * factor * weight[4], high.y * factor * weight[5]);
        chunk.w = pack(format, high.z * factor * weight[6], high.w * factor * weight[7]);
        return chunk;
    }
};
