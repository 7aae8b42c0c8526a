// SPDX-License-Identifier: MIT
#pragma once

// linear_tiled : what linear_skinny computes, bit for bit, for many tokens
// shapes   as linear_skinny; source [T, H] in the weight's format, rows at multiples of 16 bytes
// tile     128 weight rows (or 64 of weight and 64 of up) times 128 tokens a block, in the order of tile_of_block; a warp 64 x 32 of it; steps of 32 inputs through
//          four stages of shared memory, copied by cp.async
// traffic  compute-bound from some 300 tokens up; shared memory feeds 192 bytes a mma
// oracle   ReferenceKernels.Linear, LinearSwiGlu      pass mark  300 TFLOP/s at T=2048 on an H100
//
// A stage holds rows of 64 bytes. A quarter of a warp reads two rows, 128 bytes on end: no bank is asked twice, and nothing needs swizzling.

#define TILE_ROWS 128
#define TILE_STAGES 4
#define TILE_HALF_BYTES (TILE_ROWS * STEP_COLUMNS * 2)
#define TILE_STAGE_BYTES (2 * TILE_HALF_BYTES)

// Row of the block's tile to row of the weights: with `up` a fragment's rows g are gates and its rows g + 8 ups, which so meet in one thread.
DEVICE const u16* tiled_weight_row(const LinearParameters& p, int tile, int tileRow)
{
    const u16* weight = static_cast<const u16*>(p.weight);
    if (!p.up) return weight + min_int(tile * TILE_ROWS + tileRow, p.features - 1) * p.weightStride;
    const int feature = min_int(tile * (TILE_ROWS / 2) + tileRow / 16 * 8 + tileRow % 8, p.features - 1);
    return tileRow % 16 < 8 ? weight + feature * p.weightStride : static_cast<const u16*>(p.up) + feature * p.upStride;
}

// This thread's share of a stage: two chunks of sixteen bytes of the weights and two of the tokens.
struct TiledCopies {
    const u16* weights[2];
    const u16* tokens[2];
    int columns;
    int steps;

    DEVICE_MEMBER void start(u8* stages, int step) const
    {
        u8* stage = stages + step % TILE_STAGES * TILE_STAGE_BYTES;
        const int column = step * STEP_COLUMNS + (int)(thread_index() % 4) * 8;
        const bool present = column < columns;
        if (step < steps) {
            UNROLL for (int i = 0; i < 2; i++) {
                u8* chunk = stage + (thread_index() + 256 * i) * 16;
                copy16_async(chunk, weights[i] + (present ? column : 0), present);
                copy16_async(chunk + TILE_HALF_BYTES, tokens[i] + (present ? column : 0), present);
            }
        }
        commit_copies();
    }
};

template <class Format>
DEVICE void linear_tiled(Format format, const LinearParameters& p)
{
    SHARED(shared);
    begin_after_predecessor();
    const int g = (int)lane() / 4, q = (int)lane() % 4;
    const ResultTile tile = tile_of_block(count_of_tiles(p.tokens, TILE_ROWS), count_of_tiles(p.features, p.up ? TILE_ROWS / 2 : TILE_ROWS));
    const int firstToken = tile.token * TILE_ROWS;
    TiledCopies copies;
    copies.columns = p.columns;
    copies.steps = step_count(p.columns);
    UNROLL for (int i = 0; i < 2; i++) {
        const int tileRow = (int)thread_index() / 4 + 64 * i;
        copies.weights[i] = tiled_weight_row(p, tile.feature, tileRow);
        copies.tokens[i] = static_cast<const u16*>(p.source) + min_int(firstToken + tileRow, p.tokens - 1) * p.sourceStride;
    }

    constexpr int RowTiles = 4, TokenTiles = 4;
    const int warpRow = (int)warp() % 2 * 64, warpToken = (int)warp() / 2 * 32;
    float sums[RowTiles][TokenTiles][4] = {};
    float totals[RowTiles][TokenTiles][4] = {};
    int stepsToSegmentEnd = segment_steps(copies.steps);

    UNROLL for (int step = 0; step < TILE_STAGES - 1; step++) copies.start(shared, step);
    for (int step = 0; step < copies.steps; step++) {
        wait_for_copies<TILE_STAGES - 2>();
        block_barrier();
        // The stage that everybody has just left.
        copies.start(shared, step + TILE_STAGES - 1);

        const u8* stage = shared + step % TILE_STAGES * TILE_STAGE_BYTES;
        uint4 tokens[TokenTiles];
        UNROLL for (int j = 0; j < TokenTiles; j++) tokens[j] = load16(stage + TILE_HALF_BYTES + (warpToken + 8 * j + g) * 64 + q * 16);
        UNROLL for (int i = 0; i < RowTiles; i++) {
            const WeightStep weight = {load16(stage + (warpRow + 16 * i + g) * 64 + q * 16), load16(stage + (warpRow + 16 * i + 8 + g) * 64 + q * 16)};
            UNROLL for (int j = 0; j < TokenTiles; j++) multiply_step(format, sums[i][j], weight, tokens[j]);
        }

        if (--stepsToSegmentEnd == 0 || step + 1 == copies.steps) {
            stepsToSegmentEnd = segment_steps(copies.steps);
            UNROLL for (int i = 0; i < RowTiles; i++)
                UNROLL for (int j = 0; j < TokenTiles; j++)
                    UNROLL for (int k = 0; k < 4; k++) {
                        totals[i][j][k] += sums[i][j][k];
                        sums[i][j][k] = 0.0f;
                    }
        }
    }

    UNROLL for (int i = 0; i < RowTiles; i++)
        UNROLL for (int j = 0; j < TokenTiles; j++)
            UNROLL for (int k = 0; k < 2; k++) {
                const int token = firstToken + warpToken + 8 * j + 2 * q + k;
                if (token >= p.tokens) continue;
                const float low = totals[i][j][k], high = totals[i][j][2 + k];
                if (p.up) {
                    const int feature = tile.feature * (TILE_ROWS / 2) + warpRow / 2 + 8 * i + g;
                    if (feature < p.features) finish_gated(p, token, feature, low, high);
                } else {
                    const int feature = tile.feature * TILE_ROWS + warpRow + 16 * i + g;
                    if (feature < p.features) finish(p, token, feature, low);
                    if (feature + 8 < p.features) finish(p, token, feature + 8, high);
                }
            }
}

KERNEL(linear_tiled_bf16, LinearParameters, 256, 1) { linear_tiled(Bf16(), p); }
KERNEL(linear_tiled_f16, LinearParameters, 256, 1) { linear_tiled(F16(), p); }
