// SPDX-License-Identifier: MIT
#pragma once

#ifdef CU_HOPPER

// linear_wgmma : what linear_tiled computes, in the same order, by products of warpgroups; Hopper only
// shapes   as linear_skinny; source [T, H] in the weight's format and in the order of products (rows.cuh), rows padded with zeros to a multiple of 32
//          maps: boxes of 64 rows and 32 columns of weight and up, not swizzled; boxes of 128 rows and 64 columns of source, swizzled
// tile     128 weight rows (or 64 of weight and 64 of up) times 128 tokens a block, in the order of tile_of_block; eight warps, two warpgroups of 64 rows,
//          multiply; a ninth has boxes of 64 inputs copied through six stages of shared memory
// traffic  compute-bound from some 300 tokens up; shared memory: 12 KB read and 8 KB written for 128 cycles of the matrix units
// oracle   ReferenceKernels.Linear, LinearSwiGlu      pass mark  70 % of torch.matmul at T=2048 on an H100
//
// Weights are the operand in registers: so a lane takes sixteen bytes and calls them the pairs of two products, as in the other kernels, and which
// rows are its own is free: a gate and its up meet in one thread. A stage's weights are two halves of 32 columns, rows of 64 bytes, which a
// quarter of a warp reads without a bank being asked twice. Tokens are the operand in shared memory, in the order that the weights' lanes count in.
//
// A product is still under way while the next step's weights are read. A stage is given back when the product after its last one has been asked
// for and it is known to be done.

#define WGMMA_STAGES 6
#define WGMMA_STAGE_COLUMNS 64
#define WGMMA_TOKEN_BYTES (TILE_ROWS * WGMMA_STAGE_COLUMNS * 2)
#define WGMMA_HALF_BYTES (TILE_ROWS * STEP_COLUMNS * 2)
#define WGMMA_STAGE_BYTES (WGMMA_TOKEN_BYTES + 2 * WGMMA_HALF_BYTES)
#define WGMMA_WARPS 8

struct LinearWgmmaParameters {
    LinearParameters linear;
    const void* weightMap;
    const void* upMap;
    const void* sourceMap;
};
static_assert(sizeof(LinearWgmmaParameters) == 136, "as in C#");

struct WgmmaStages {
    u8* bytes;
    Phases* full;
    Phases* empty;

    DEVICE_MEMBER u8* at(int stage) const { return bytes + stage % WGMMA_STAGES * WGMMA_STAGE_BYTES; }
    DEVICE_MEMBER u32 turn(int stage) const { return (u32)(stage / WGMMA_STAGES) & 1u; }
    DEVICE_MEMBER void wait_until_full(int stage) const { wait_for_phase(full + stage % WGMMA_STAGES, turn(stage)); }
    DEVICE_MEMBER void wait_until_empty(int stage) const { wait_for_phase(empty + stage % WGMMA_STAGES, turn(stage) ^ 1u); }
};

// One lane's work: has a stage's boxes copied.
struct WgmmaCopies {
    const LinearWgmmaParameters& p;
    WgmmaStages stages;
    ResultTile tile;

    DEVICE_MEMBER void start_weights(int stage) const
    {
        Phases* full = stages.full + stage % WGMMA_STAGES;
        arrive_expecting(full, WGMMA_STAGE_BYTES);
        const bool isGated = p.linear.up != nullptr;
        const int row = tile.feature * (isGated ? TILE_ROWS / 2 : TILE_ROWS);
        UNROLL for (int half = 0; half < 2; half++) {
            u8* rows = stages.at(stage) + WGMMA_TOKEN_BYTES + half * WGMMA_HALF_BYTES;
            const int column = stage * WGMMA_STAGE_COLUMNS + half * STEP_COLUMNS;
            copy_box_async(rows, p.weightMap, column, row, full);
            copy_box_async(rows + WGMMA_HALF_BYTES / 2, isGated ? p.upMap : p.weightMap, column, isGated ? row : row + TILE_ROWS / 2, full);
        }
    }

    DEVICE_MEMBER void start_tokens(int stage) const
    {
        copy_box_async(stages.at(stage), p.sourceMap, stage * WGMMA_STAGE_COLUMNS, tile.token * TILE_ROWS, stages.full + stage % WGMMA_STAGES);
    }
};

DEVICE void copy_stages(const WgmmaCopies& copies, int stageCount)
{
    const bool asks = lane() == 0;
    const int early = min_int(WGMMA_STAGES, stageCount);
    // Weights, which nobody writes, are on their way while the predecessor ends.
    for (int stage = 0; asks && stage < early; stage++) copies.start_weights(stage);
    wait_for_predecessor();
    if (asks) let_copies_see_stores();
    for (int stage = 0; asks && stage < early; stage++) copies.start_tokens(stage);
    for (int stage = early; stage < stageCount; stage++) {
        copies.stages.wait_until_empty(stage);
        if (asks) {
            copies.start_weights(stage);
            copies.start_tokens(stage);
        }
    }
}

// Two products' worth of a lane's weights: a chunk of row g, a chunk of row g + 8.
struct WgmmaOperands {
    u32 first[4];
    u32 second[4];

    DEVICE_MEMBER void load(const u8* low, const u8* high)
    {
        const uint4 a = load16(low), b = load16(high);
        first[0] = a.x, first[1] = b.x, first[2] = a.y, first[3] = b.y;
        second[0] = a.z, second[1] = b.z, second[2] = a.w, second[3] = b.w;
    }
};

DEVICE void add_and_clear(float (&totals)[PRODUCT_NUMBERS], float (&sums)[PRODUCT_NUMBERS])
{
    wait_for_products<0>();
    pin_registers(sums);
    UNROLL for (int i = 0; i < PRODUCT_NUMBERS; i++) {
        totals[i] += sums[i];
        sums[i] = 0.0f;
    }
    pin_registers(sums);
}

template <class Format>
DEVICE void linear_wgmma(Format format, const LinearWgmmaParameters& parameters)
{
    SHARED(shared);
    const LinearParameters& p = parameters.linear;
    const bool isGated = p.up != nullptr;
    const ResultTile tile = tile_of_block(count_of_tiles(p.tokens, TILE_ROWS), count_of_tiles(p.features, isGated ? TILE_ROWS / 2 : TILE_ROWS));
    Phases* phases = reinterpret_cast<Phases*>(shared + WGMMA_STAGES * WGMMA_STAGE_BYTES);
    const WgmmaStages stages = {shared, phases, phases + WGMMA_STAGES};
    const int steps = step_count(p.columns), stageCount = (steps + 1) / 2;
    let_successor_start();
    if (thread_index() == 0) {
        prefetch_map(parameters.weightMap);
        prefetch_map(parameters.sourceMap);
        UNROLL for (int i = 0; i < WGMMA_STAGES; i++) {
            make_phases(stages.full + i, 1);
            make_phases(stages.empty + i, WGMMA_WARPS);
        }
        publish_phases();
    }
    block_barrier();
    if (warp() == WGMMA_WARPS) {
        const WgmmaCopies copies = {parameters, stages, tile};
        copy_stages(copies, stageCount);
        return;
    }

    wait_for_predecessor();
    const int g = (int)lane() / 4, q = (int)lane() % 4;
    const int lowRow = (isGated ? 8 : 16) * (int)warp() + g, highRow = isGated ? TILE_ROWS / 2 + lowRow : lowRow + 8;
    const int ofSegment = segment_steps(steps);
    int left = ofSegment;
    float sums[PRODUCT_NUMBERS] = {}, totals[PRODUCT_NUMBERS] = {};
    WgmmaOperands operands[2];
    for (int stage = 0; stage < stageCount; stage++) {
        stages.wait_until_full(stage);
        const u8* bytes = stages.at(stage);
        const u64 tokens = product_operand(bytes);
        UNROLL for (int half = 0; half < 2; half++) {
            if (2 * stage + half == steps) break;
            const u8* rows = bytes + WGMMA_TOKEN_BYTES + half * WGMMA_HALF_BYTES + q * 16;
            operands[half].load(rows + lowRow * 64, rows + highRow * 64);
            begin_products();
            ask_for_product(format, sums, operands[half].first, product_operand_at(tokens, half * STEP_COLUMNS));
            ask_for_product(format, sums, operands[half].second, product_operand_at(tokens, half * STEP_COLUMNS + 16));
            commit_products();
            wait_for_products<1>();
            if (half == 0 && stage > 0) {
                warp_barrier();
                if (lane() == 0) arrive(stages.empty + (stage - 1) % WGMMA_STAGES);
            }
            if (--left == 0) {
                add_and_clear(totals, sums);
                left = ofSegment;
            }
        }
    }
    add_and_clear(totals, sums);

    UNROLL for (int i = 0; i < PRODUCT_NUMBERS / 4; i++)
        UNROLL for (int k = 0; k < 2; k++) {
            const int token = tile.token * TILE_ROWS + 8 * i + 2 * q + k;
            if (token >= p.tokens) continue;
            const float low = totals[4 * i + k], high = totals[4 * i + 2 + k];
            const int feature = tile.feature * (isGated ? TILE_ROWS / 2 : TILE_ROWS) + lowRow;
            if (isGated) {
                if (feature < p.features) finish_gated(p, token, feature, low, high);
            } else {
                if (feature < p.features) finish(p, token, feature, low);
                if (feature + 8 < p.features) finish(p, token, feature + 8, high);
            }
        }
}

KERNEL(linear_wgmma_bf16, LinearWgmmaParameters, 288, 1) { linear_wgmma(Bf16(), p); }
KERNEL(linear_wgmma_f16, LinearWgmmaParameters, 288, 1) { linear_wgmma(F16(), p); }

#endif
