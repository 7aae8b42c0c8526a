// SPDX-License-Identifier: MIT
#pragma once

// linear_skinny : destination = source * weight^T (+ bias) (+ destination), or with `up` silu(source * weight^T) * (source * up^T)
//          sums in F32 in the order of linear.cuh; activations rounded to the weight's format
// linear_normed : linear_skinny_t8 over rows that rms_norm is yet to be applied to, in the same bits as one after the other
// shapes   destination [T, N] F32   source [T, H] F32 (t8, normed) or the weight's format (t16, t32, t64)   weight, up [N, H] BF16 or F16
//          norm [H] F32, BF16 or F16   H % 8 == 0; rows of source, weight, up and norm at multiples of 16 bytes
// tile     sixteen weight rows (or eight of weight and eight of up) times 8, 16, 32 or 64 tokens a block; a warp takes a segment of the inputs
// traffic  2 * N * H bytes of weights, once, past the first cache; memory-bound up to some 64 tokens
// oracle   ReferenceKernels.Linear, LinearSwiGlu      pass mark  88 % of the read bandwidth at T=1 (docs of tools/gpu)
//
// Weights are the A operand, read straight from row-major memory to registers; tokens are columns of B, so eight cost what one costs.

// The loads in flight of a thread: steps that are asked for before the first is used, twice.
#define SKINNY_DEPTH 4

struct SkinnyRows {
    const u16* low;
    const u16* high;
    int columns;

    DEVICE_MEMBER WeightStep load(int step, int lastStep) const
    {
        const int column = step * STEP_COLUMNS + (int)(lane() % 4) * 8;
        const uint4 none = {0, 0, 0, 0};
        WeightStep weight = {none, none};
        if (step < lastStep && column < columns) {
            weight.low = load16_streamed(low + column);
            weight.high = load16_streamed(high + column);
        }
        return weight;
    }
};

// The eight segments' sums of sixteen rows for a block's tokens, in shared memory: [segment][16 rows][tokens]. `weights` are rows g and g + 8 of the
// sixteen. Waits for the predecessor; everybody has passed a barrier at its end.
template <class Format, class Rows, int TokenTiles>
DEVICE const float* skinny_sums(Format format, const LinearParameters& p, const SkinnyRows& weights, u8* shared, int firstToken)
{
    float* sumsOfRows = reinterpret_cast<float*>(shared);
    float* parts = sumsOfRows + Rows::SharedFloats;
    const int g = (int)lane() / 4, q = (int)lane() % 4;
    const int steps = step_count(p.columns), ofSegment = segment_steps(steps);
    const int first = (int)warp() * ofSegment, last = min_int(steps, first + ofSegment);

    float sums[TokenTiles][4] = {};
    WeightStep now[SKINNY_DEPTH];
    let_successor_start();
    UNROLL for (int i = 0; i < SKINNY_DEPTH; i++) now[i] = weights.load(first + i, last);
    wait_for_predecessor();
    Rows rows;
    rows.begin(p, sumsOfRows, firstToken);
    for (int step = first; step < last; step += SKINNY_DEPTH) {
        WeightStep next[SKINNY_DEPTH];
        UNROLL for (int i = 0; i < SKINNY_DEPTH; i++) next[i] = weights.load(step + SKINNY_DEPTH + i, last);
        UNROLL for (int i = 0; i < SKINNY_DEPTH; i++) {
            if (step + i < last) {
                const int column = (step + i) * STEP_COLUMNS + 8 * q;
                UNROLL for (int tile = 0; tile < TokenTiles; tile++) {
                    const uint4 activations = rows.load(format, p, firstToken + 8 * tile + g, column);
                    multiply_step(format, sums[tile], now[i], activations);
                }
            }
            now[i] = next[i];
        }
    }

    constexpr int Tokens = 8 * TokenTiles;
    UNROLL for (int tile = 0; tile < TokenTiles; tile++) {
        float* part = parts + ((int)warp() * 16 + g) * Tokens + tile * 8 + 2 * q;
        part[0] = sums[tile][0];
        part[1] = sums[tile][1];
        part[8 * Tokens] = sums[tile][2];
        part[8 * Tokens + 1] = sums[tile][3];
    }
    block_barrier();
    return parts;
}

template <class Format, class Rows, int TokenTiles>
DEVICE void linear_skinny(Format format, const LinearParameters& p)
{
    SHARED(shared);
    constexpr int Tokens = 8 * TokenTiles;
    const int g = (int)lane() / 4;
    const int blockFeatures = p.up ? 8 : 16;
    const int firstFeature = (int)block_x() * blockFeatures;
    const int firstToken = (int)block_y() * Tokens;

    // Rows past the last repeat it; what they give is not stored.
    const u16* weight = static_cast<const u16*>(p.weight);
    const SkinnyRows weights = {
        weight + min_int(firstFeature + g, p.features - 1) * p.weightStride,
        p.up ? static_cast<const u16*>(p.up) + min_int(firstFeature + g, p.features - 1) * p.upStride
             : weight + min_int(firstFeature + 8 + g, p.features - 1) * p.weightStride,
        p.columns};
    const float* parts = skinny_sums<Format, Rows, TokenTiles>(format, p, weights, shared, firstToken);
    for (int i = (int)thread_index(); i < blockFeatures * Tokens; i += 256) {
        const int row = i % blockFeatures, token = i / blockFeatures;
        if (firstToken + token >= p.tokens || firstFeature + row >= p.features) continue;
        const float sum = add_segments(parts + row * Tokens + token, 16 * Tokens);
        if (p.up) finish_gated(p, firstToken + token, firstFeature + row, sum, add_segments(parts + (8 + row) * Tokens + token, 16 * Tokens));
        else finish(p, firstToken + token, firstFeature + row, sum);
    }
}

KERNEL(linear_skinny_bf16_t8, LinearParameters, 256, 2) { linear_skinny<Bf16, RowsF32, 1>(Bf16(), p); }
KERNEL(linear_skinny_bf16_t16, LinearParameters, 256, 2) { linear_skinny<Bf16, Rows16, 2>(Bf16(), p); }
KERNEL(linear_skinny_bf16_t32, LinearParameters, 256, 2) { linear_skinny<Bf16, Rows16, 4>(Bf16(), p); }
KERNEL(linear_skinny_bf16_t64, LinearParameters, 256, 2) { linear_skinny<Bf16, Rows16, 8>(Bf16(), p); }
KERNEL(linear_skinny_f16_t8, LinearParameters, 256, 2) { linear_skinny<F16, RowsF32, 1>(F16(), p); }
KERNEL(linear_skinny_f16_t16, LinearParameters, 256, 2) { linear_skinny<F16, Rows16, 2>(F16(), p); }
KERNEL(linear_skinny_f16_t32, LinearParameters, 256, 2) { linear_skinny<F16, Rows16, 4>(F16(), p); }
KERNEL(linear_skinny_f16_t64, LinearParameters, 256, 2) { linear_skinny<F16, Rows16, 8>(F16(), p); }
KERNEL(linear_normed_bf16, LinearParameters, 256, 2) { linear_skinny<Bf16, RowsToNorm, 1>(Bf16(), p); }
KERNEL(linear_normed_f16, LinearParameters, 256, 2) { linear_skinny<F16, RowsToNorm, 1>(F16(), p); }
