// SPDX-License-Identifier: MIT
// What the linear kernels share: parameters, the order of summation, and what is done with a sum.
//
// Order. A row of H inputs is cut into steps of 32, the steps into 8 segments of ceil(steps / 8). A segment is one chain of mma from zero, two
// for a step; the eight segments are added in rising order. linear_skinny gives a warp a segment, linear_tiled goes through them one after the
// other: the same bits for a token whichever of the two computes it and whoever keeps it company.
//
// Inside a step lane (g, q) brings inputs 8q..8q+7, sixteen bytes as they lie in memory, of the rows that it serves. A product of matrices
// doesn't care in which order its inputs are counted, if both sides count alike: the first mma takes the chunks' lower halves, the second
// their upper ones.
#pragma once

struct LinearParameters {
    float* destination;
    i64 destinationStride;
    const void* source;
    i64 sourceStride;
    const void* weight;
    i64 weightStride;
    const void* up;
    i64 upStride;
    const void* bias;
    int biasType;
    int addResidual;
    int tokens;
    int features;
    int columns;
    int normType;
    const void* norm;
    float epsilon;
    int reserved;
};
static_assert(sizeof(LinearParameters) == 112, "as in C#");

#define STEP_COLUMNS 32
#define SEGMENTS 8

DEVICE int step_count(int columns) { return (columns + STEP_COLUMNS - 1) / STEP_COLUMNS; }
DEVICE int segment_steps(int steps) { return (steps + SEGMENTS - 1) / SEGMENTS; }

// Thirty-two inputs of sixteen rows: a chunk of row g and a chunk of row g + 8.
struct WeightStep {
    uint4 low;
    uint4 high;
};

template <class Format>
DEVICE void multiply_step(Format format, float (&sums)[4], const WeightStep& weight, const uint4& activations CU_SITE)
{
    const u32 a0[4] = {weight.low.x, weight.high.x, weight.low.y, weight.high.y}, b0[2] = {activations.x, activations.y};
    const u32 a1[4] = {weight.low.z, weight.high.z, weight.low.w, weight.high.w}, b1[2] = {activations.z, activations.w};
    mma(format, sums, a0, b0 CU_PASS_SITE);
    mma(format, sums, a1, b1 CU_PASS_SITE);
}

DEVICE float silu(float z)
{
    const float LogTwoOfE = 1.44269504f;
    return z / (1.0f + exp2_approximate(-z * LogTwoOfE));
}

// The segments' sums in rising order.
DEVICE float add_segments(const float* sums, int stride)
{
    float sum = sums[0];
    UNROLL for (int segment = 1; segment < SEGMENTS; segment++) sum += sums[segment * stride];
    return sum;
}

// Which tile of the result a block of a one-dimensional grid computes: sixteen tiles of tokens side by side for each tile of features, so that a
// wave of blocks reads a few rows of weights and the activations of 2,048 tokens, which the second cache holds.
struct ResultTile {
    int token;
    int feature;
};

DEVICE int count_of_tiles(int count, int size) { return (count + size - 1) / size; }

DEVICE ResultTile tile_of_block(int tokenTiles, int featureTiles)
{
    constexpr int SideBySide = 16;
    const int group = (int)block_x() / (SideBySide * featureTiles), inGroup = (int)block_x() % (SideBySide * featureTiles);
    const int width = min_int(SideBySide, tokenTiles - group * SideBySide);
    const ResultTile tile = {group * SideBySide + inGroup % width, inGroup / width};
    return tile;
}

// Stores a token's sum: bias, then residual, a rounding each.
template <class Parameters>
DEVICE void finish(const Parameters& p, int token, int feature, float sum)
{
    float* destination = p.destination + token * p.destinationStride + feature;
    if (p.bias) sum += load_number(p.bias, p.biasType, feature);
    *destination = p.addResidual ? *destination + sum : sum;
}

template <class Parameters>
DEVICE void finish_gated(const Parameters& p, int token, int feature, float gate, float up)
{
    p.destination[token * p.destinationStride + feature] = silu(gate) * up;
}
