// SPDX-License-Identifier: MIT
#pragma once

// attention : causal grouped-query attention over cache pages. Token t sees positions p with positions[t] - window < p <= positions[t].
//          Positions are cut into units of 64 counted from 0. In a unit: scores = q k scale log2(e), m the largest, w = 2^(score - m) to BF16,
//          l the sum of w, o the sum of w v, chains of mma. Units are merged in rising order, and the result is o / l.
// shapes   destination, query [T, Q*D] F32, rounded to BF16 here   cache: KvLayerView, BF16 or signed bytes (_s8)   D up to 256, any Q / K
// tile     16 rows a warp: the heads of a group for neighbouring tokens of a sequence. Either
//            attention_whole   a warp goes through all units of its tile (many rows), or
//            attention_units   a warp takes one unit and leaves its part (few rows), and attention_combine merges them: the same bits
// traffic  4 * D * K bytes a position and tile: memory-bound for few tokens, compute-bound for many
// oracle   ReferenceKernels.Attention      pass mark  75 % of the read bandwidth at 16K positions of one sequence

// A tile's part for one unit: [partRows][D, stored] outputs, then [partRows] largest and sum. partRows is a multiple of 4, at least the rows of any tile.
DEVICE float* partial_of(const AttentionParameters& p, int tile, int kvHead, int unit)
{
    return p.partial + (((i64)tile * p.kvHeads + kvHead) * p.unitCount + unit) * p.partRows * (stored_head(p.headSize) + 2);
}

template <int D32, class Element>
DEVICE void attention_whole(const AttentionParameters& p)
{
    begin_after_predecessor();
    const int index = (int)(block_x() * 4 + warp());
    if (index >= p.tileCount) return;
    AttentionWarp<D32, Element> work(p, index, (int)block_y());
    Softmax totals[2] = {{NEGATIVE_INFINITY, 0.0f}, {NEGATIVE_INFINITY, 0.0f}};
    float outputs[D32][4][4] = {};
    for (int unit = work.first_unit(); unit <= work.last_unit(); unit++) {
        work.take_unit(unit);
        const Merge merges[2] = {merge_into(totals[0], work.part[0]), merge_into(totals[1], work.part[1])};
        UNROLL for (int o = 0; o < D32; o++)
            UNROLL for (int i = 0; i < 4; i++)
                UNROLL for (int k = 0; k < 4; k++) outputs[o][i][k] = merges[k / 2].value(outputs[o][i][k], work.output[o][i][k]);
    }
    UNROLL for (int row = 0; row < 2; row++) {
        const int inTile = work.g + 8 * row;
        if (inTile >= work.tile.rowCount) continue;
        float* destination = p.destination + work.tile.token(inTile) * p.destinationStride + (i64)work.tile.head(inTile, work.kvHead) * p.headSize;
        UNROLL for (int o = 0; o < D32; o++)
            UNROLL for (int c = 0; c < 2; c++)
                UNROLL for (int i = 0; i < 4; i++) {
                    const int d = 32 * o + 4 * (2 * work.q + c) + i;
                    if (d < p.headSize) destination[d] = outputs[o][i][2 * row + c] / totals[row].sum;
                }
    }
}

template <int D32, class Element>
DEVICE void attention_units(const AttentionParameters& p)
{
    begin_after_predecessor();
    const int number = (int)(block_x() * 4 + warp()), index = (int)block_z();
    AttentionWarp<D32, Element> work(p, index, (int)block_y());
    const int unit = work.first_unit() + number;
    if (number >= p.unitCount || unit > work.last_unit()) return;
    work.take_unit(unit);
    float* partial = partial_of(p, index, work.kvHead, number);
    const int stored = stored_head(p.headSize);
    UNROLL for (int row = 0; row < 2; row++) {
        const int inTile = work.g + 8 * row;
        if (inTile >= p.partRows) continue;
        if (work.q == 0) {
            float* softmax = partial + p.partRows * stored + 2 * inTile;
            softmax[0] = work.part[row].largest;
            softmax[1] = work.part[row].sum;
        }
        UNROLL for (int o = 0; o < D32; o++)
            UNROLL for (int c = 0; c < 2; c++) {
                const int d = 32 * o + 4 * (2 * work.q + c);
                const float4 values = {
                    work.output[o][0][2 * row + c], work.output[o][1][2 * row + c], work.output[o][2][2 * row + c], work.output[o][3][2 * row + c]};
                if (d < stored) store_float4(partial + inTile * stored + d, values);
            }
    }
}

// One block merges one row of one tile; thread i has values i, i + 128.
KERNEL(attention_combine, AttentionParameters, 128, 1)
{
    begin_after_predecessor();
    const int index = (int)block_x(), kvHead = (int)block_y(), row = (int)block_z();
    const AttentionTile tile = load_tile(p, index);
    if (row >= tile.rowCount) return;
    const int stored = stored_head(p.headSize);
    const int firstUnit = first_visible(p, p.positions[tile.token(0)]) / UNIT_POSITIONS;
    const int units = p.positions[tile.token(tile.rowCount - 1)] / UNIT_POSITIONS - firstUnit + 1;
    float* destination = p.destination + tile.token(row) * p.destinationStride + (i64)tile.head(row, kvHead) * p.headSize;
    for (int d = (int)thread_index(); d < p.headSize; d += 128) {
        Softmax total = {NEGATIVE_INFINITY, 0.0f};
        float output = 0.0f;
        for (int unit = 0; unit < units; unit++) {
            const float* partial = partial_of(p, index, kvHead, unit);
            const Softmax part = {partial[p.partRows * stored + 2 * row], partial[p.partRows * stored + 2 * row + 1]};
            const Merge merge = merge_into(total, part);
            output = merge.value(output, partial[row * stored + d]);
        }
        destination[d] = output / total.sum;
    }
}

KERNEL(attention_whole_d64, AttentionParameters, 128, 1) { attention_whole<2, u16>(p); }
KERNEL(attention_whole_d128, AttentionParameters, 128, 1) { attention_whole<4, u16>(p); }
KERNEL(attention_whole_d256, AttentionParameters, 128, 1) { attention_whole<8, u16>(p); }
KERNEL(attention_units_d64, AttentionParameters, 128, 1) { attention_units<2, u16>(p); }
KERNEL(attention_units_d128, AttentionParameters, 128, 1) { attention_units<4, u16>(p); }
KERNEL(attention_units_d256, AttentionParameters, 128, 1) { attention_units<8, u16>(p); }
KERNEL(attention_whole_s8_d64, AttentionParameters, 128, 1) { attention_whole<2, s8>(p); }
KERNEL(attention_whole_s8_d128, AttentionParameters, 128, 1) { attention_whole<4, s8>(p); }
KERNEL(attention_whole_s8_d256, AttentionParameters, 128, 1) { attention_whole<8, s8>(p); }
KERNEL(attention_units_s8_d64, AttentionParameters, 128, 1) { attention_units<2, s8>(p); }
KERNEL(attention_units_s8_d128, AttentionParameters, 128, 1) { attention_units<4, s8>(p); }
KERNEL(attention_units_s8_d256, AttentionParameters, 128, 1) { attention_units<8, s8>(p); }
