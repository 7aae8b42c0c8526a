// SPDX-License-Identifier: MIT
#pragma once

#ifdef CU_HOPPER

// attention_wgmma_d128 : what attention_whole computes, in the same order, by products of warpgroups; Hopper only
// shapes   as attention, heads of at most 128; tiles have up to 128 rows of one sequence
// tile     128 rows a block, 64 a warpgroup; all threads bring keys and values of a unit to shared memory, two units deep, for both warpgroups
// traffic  32 KB from the second cache for 4.2 million multiply-adds
// oracle   ReferenceKernels.Attention      pass mark  300 TFLOP/s for a prompt of 8192 on an H100
//
// The cache keeps words of two numbers that are multiplied together; products of warpgroups want sixteen bytes of a row together, four words. A thread so
// reads four times four words and stores them the other way round. Which position is which column of the scores, and which place in a product of
// weights and values, is chosen such that each product has the sixteen numbers that attention_whole's has: column 8 j + 2 q + h of a step is position 8 q + 2 j + h.

#define WGMMA_QUERY_ROWS 64
#define WGMMA_ATTENTION_ROWS 128
#define WGMMA_ATTENTION_UNIT_BYTES (2 * UNIT_POSITIONS * 128 * 2)
#define WGMMA_QUERY_BYTES (WGMMA_QUERY_ROWS * 128 * 2)
#define WGMMA_ATTENTION_THREADS 256

// Sixteen bytes of a row of 128 bytes in a tile that is swizzled.
DEVICE u8* swizzled_chunk(u8* tile, int row, int chunk) { return tile + row * 128 + ((chunk ^ row) & 7) * 16; }

DEVICE void transpose_words(const uint4 (&rows)[4], uint4 (&columns)[4])
{
    const uint4 turned[4] = {{rows[0].x, rows[1].x, rows[2].x, rows[3].x}, {rows[0].y, rows[1].y, rows[2].y, rows[3].y},
        {rows[0].z, rows[1].z, rows[2].z, rows[3].z}, {rows[0].w, rows[1].w, rows[2].w, rows[3].w}};
    UNROLL for (int i = 0; i < 4; i++) columns[i] = turned[i];
}

// What all threads of a block bring of its tile's sequence.
struct WgmmaUnits {
    const AttentionParameters& p;
    KvPages<u16> pages;
    const int* pageTable;
    int kvHead, firstSeen, lastSeen;
    uint4 keys[4];
    uint4 values[4];

    DEVICE_MEMBER bool is_seen(int block) const { return block <= lastSeen && block + KV_BLOCK > firstSeen; }

    // Keys: a thread has a block of sixteen positions, four of them, eight of a head's numbers. Values: the step, a chunk of eight positions' places, four of a head's numbers.
    DEVICE_MEMBER void load(int unit)
    {
        const uint4 none = {0, 0, 0, 0};
        {
            const int position = unit * UNIT_POSITIONS + key_block() * KV_BLOCK, inPage = position % p.pageSize;
            const bool seen = is_seen(position) && 8 * key_chunk() < pages.storedHead;
            const u16* source = pages.keys(seen ? pageTable[position / p.pageSize] : 0, kvHead) + pages.block_of(inPage) + key_quad() * 8;
            UNROLL for (int i = 0; i < 4; i++) keys[i] = seen ? load16(source + (i64)(4 * key_chunk() + i) * 2 * KV_BLOCK) : none;
        }
        UNROLL for (int i = 0; i < 4; i++) {
            const int position = unit * UNIT_POSITIONS + value_step() * STEP_POSITIONS + 2 * (value_chunk() + 4 * i), inPage = position % p.pageSize;
            const bool seen = is_seen(position / KV_BLOCK * KV_BLOCK) && value_quad() * 4 < pages.storedHead;
            values[i] = seen ? load16(pages.values(pageTable[position / p.pageSize], kvHead) + pages.value_element(inPage, 4 * value_quad())) : none;
            const u32 mask = pair_mask(position);
            values[i].x &= mask, values[i].y &= mask, values[i].z &= mask, values[i].w &= mask;
        }
    }

    DEVICE_MEMBER void store(u8* shared) const
    {
        uint4 columns[4];
        transpose_words(keys, columns);
        UNROLL for (int i = 0; i < 4; i++) {
            const int position = key_block() * KV_BLOCK + key_quad() * 4 + i, inStep = position % STEP_POSITIONS;
            const int row = position / STEP_POSITIONS * STEP_POSITIONS + inStep % 8 / 2 * 8 + inStep / 8 * 2 + inStep % 2;
            store16(swizzled_chunk(shared + key_chunk() / 8 * (UNIT_POSITIONS * 128), row, key_chunk() % 8), columns[i]);
        }
        transpose_words(values, columns);
        UNROLL for (int i = 0; i < 4; i++)
            store16(swizzled_chunk(shared + 2 * UNIT_POSITIONS * 128, 4 * value_quad() + i, 4 * value_step() + value_chunk()), columns[i]);
    }

    DEVICE_MEMBER int key_block() const { return (int)warp() / 2; }
    DEVICE_MEMBER int key_quad() const { return (int)lane() / 8; }
    DEVICE_MEMBER int key_chunk() const { return (int)warp() % 2 * 8 + (int)lane() % 8; }
    DEVICE_MEMBER int value_step() const { return (int)lane() % 8 / 4; }
    DEVICE_MEMBER int value_chunk() const { return (int)lane() % 4; }
    DEVICE_MEMBER int value_quad() const { return (int)warp() * 4 + (int)lane() / 8; }

    // As in attention_whole: nothing where nobody of the tile sees them.
    DEVICE_MEMBER u32 pair_mask(int position) const
    {
        const u32 low = position >= firstSeen && position <= lastSeen ? 0xffffu : 0u;
        const u32 high = position + 1 >= firstSeen && position + 1 <= lastSeen ? 0xffff0000u : 0u;
        return low | high;
    }
};

// A warpgroup's 64 rows of the tile at work. Lane (g, q) of a warp has a share of its rows g and g + 8, index 0 and 1 below.
struct WgmmaRows {
    const AttentionParameters& p;
    AttentionTile tile;
    int kvHead, q, firstRow;
    int first[2], last[2];

    DEVICE_MEMBER WgmmaRows(const AttentionParameters& parameters, const AttentionTile& t, int head) : p(parameters), tile(t), kvHead(head)
    {
        q = (int)lane() % 4;
        firstRow = 16 * (int)warp() + (int)lane() / 4;
        UNROLL for (int i = 0; i < 2; i++) {
            last[i] = present(firstRow + 8 * i) ? p.positions[tile.token(firstRow + 8 * i)] : -1;
            first[i] = first_visible(p, last[i]);
        }
    }

    DEVICE_MEMBER bool present(int row) const { return row < tile.rowCount; }

    // Queries of the warpgroup's rows, rounded, in two tiles of 64 numbers a row.
    DEVICE_MEMBER void store_query(u8* shared) const
    {
        for (int i = (int)thread_index() % 128; i < WGMMA_QUERY_ROWS * 16; i += 128) {
            const int inGroup = i / 16, row = (int)thread_index() / 128 * WGMMA_QUERY_ROWS + inGroup, d = i % 16 * 8;
            const float* source = p.query + (present(row) ? tile.token(row) * p.queryStride + (i64)tile.head(row, kvHead) * p.headSize : 0);
            u32 words[4];
            UNROLL for (int j = 0; j < 4; j++) {
                const u32 low = present(row) && d + 2 * j < p.headSize ? to_cache(source[d + 2 * j]) : 0u;
                const u32 high = present(row) && d + 2 * j + 1 < p.headSize ? to_cache(source[d + 2 * j + 1]) : 0u;
                words[j] = low | high << 16;
            }
            const uint4 chunk = {words[0], words[1], words[2], words[3]};
            store16(swizzled_chunk(shared + d / 64 * (WGMMA_QUERY_ROWS * 128), inGroup, d % 64 / 8), chunk);
        }
    }

    DEVICE_MEMBER void scores_of(const u8* query, const u8* unit, float (&scores)[SMALL_PRODUCT_NUMBERS]) const
    {
        UNROLL for (int i = 0; i < SMALL_PRODUCT_NUMBERS; i++) scores[i] = 0.0f;
        pin_registers(scores);
        begin_products();
        UNROLL for (int step = 0; step < 8; step++) {
            if (16 * step >= stored_head(p.headSize)) break;
            const u64 a = product_operand(query + step / 4 * (WGMMA_QUERY_ROWS * 128)), b = product_operand(unit + step / 4 * (UNIT_POSITIONS * 128));
            ask_for_small_product(Bf16(), scores, product_operand_at(a, step % 4 * 16), product_operand_at(b, step % 4 * 16));
        }
        commit_products();
        wait_for_products<0>();
        pin_registers(scores);
    }

    // Scores to weights, four products' worth of operands, in the order of AttentionWarp::take_unit.
    DEVICE_MEMBER void weigh(int unit, float (&scores)[SMALL_PRODUCT_NUMBERS], Softmax (&part)[2], u32 (&weights)[4][4]) const
    {
        const float LogTwoOfE = 1.44269504f;
        const float scale = p.scale * LogTwoOfE;
        part[0].largest = part[1].largest = NEGATIVE_INFINITY;
        UNROLL for (int i = 0; i < SMALL_PRODUCT_NUMBERS; i++) {
            const int row = i / 2 % 2, position = unit * UNIT_POSITIONS + i / 16 * STEP_POSITIONS + 8 * q + i % 16 / 4 * 2 + i % 2;
            const bool visible = position >= first[row] && position <= last[row];
            scores[i] = visible ? scores[i] * scale : NEGATIVE_INFINITY;
            part[row].largest = max_float(part[row].largest, scores[i]);
        }
        UNROLL for (int row = 0; row < 2; row++) {
            part[row].largest = max_float(part[row].largest, shuffle_xor(part[row].largest, 1));
            part[row].largest = max_float(part[row].largest, shuffle_xor(part[row].largest, 2));
            part[row].sum = 0.0f;
            const float offset = part[row].largest == NEGATIVE_INFINITY ? 0.0f : part[row].largest;
            UNROLL for (int step = 0; step < UNIT_STEPS; step++) {
                u16 rounded[8];
                UNROLL for (int j = 0; j < 4; j++)
                    UNROLL for (int h = 0; h < 2; h++) {
                        // Position 8 q + 4 h + j of the step, which is in which column?
                        const int ofLane = 4 * h + j;
                        rounded[ofLane] = to_cache(exp2_approximate(scores[16 * step + ofLane / 2 * 4 + 2 * row + ofLane % 2] - offset));
                        part[row].sum += bf16_to_float(rounded[ofLane]);
                    }
                UNROLL for (int j = 0; j < 4; j++) weights[2 * step + j / 2][j % 2 * 2 + row] = rounded[2 * j] | (u32)rounded[2 * j + 1] << 16;
            }
            part[row].sum += shuffle_xor(part[row].sum, 1);
            part[row].sum += shuffle_xor(part[row].sum, 2);
        }
    }
};

KERNEL(attention_wgmma_d128, AttentionParameters, WGMMA_ATTENTION_THREADS, 1)
{
    begin_after_predecessor();
    SHARED(shared);
    const int kvHead = (int)block_y();
    // The last tiles of a prompt see most: they go first.
    const AttentionTile tile = load_tile(p, p.tileCount - 1 - (int)block_x());
    const KvPages<u16> pages = {static_cast<u16*>(const_cast<void*>(p.cache)), p.kvHeads, stored_head(p.headSize), p.pageSize};
    const int firstSeen = first_visible(p, p.positions[tile.token(0)]), lastSeen = p.positions[tile.token(tile.rowCount - 1)];
    WgmmaUnits units = {p, pages, p.pageTables + p.sequenceOfToken[tile.firstToken] * p.pageTableStride, kvHead, firstSeen, lastSeen, {}, {}};
    const WgmmaRows rows(p, tile, kvHead);
    u8* query = shared + 2 * WGMMA_ATTENTION_UNIT_BYTES + (int)thread_index() / 128 * WGMMA_QUERY_BYTES;
    rows.store_query(query);

    const int firstUnit = firstSeen / UNIT_POSITIONS, lastUnit = lastSeen / UNIT_POSITIONS;
    Softmax totals[2] = {{NEGATIVE_INFINITY, 0.0f}, {NEGATIVE_INFINITY, 0.0f}};
    float outputs[PRODUCT_NUMBERS] = {};
    units.load(firstUnit);
    units.store(shared);
    let_products_see_stores();
    block_barrier();
    for (int unit = firstUnit; unit <= lastUnit; unit++) {
        u8* here = shared + (unit - firstUnit) % 2 * WGMMA_ATTENTION_UNIT_BYTES;
        if (unit < lastUnit) units.load(unit + 1);
        float scores[SMALL_PRODUCT_NUMBERS], output[PRODUCT_NUMBERS];
        rows.scores_of(query, here, scores);
        Softmax part[2];
        u32 weights[4][4];
        rows.weigh(unit, scores, part, weights);

        UNROLL for (int i = 0; i < PRODUCT_NUMBERS; i++) output[i] = 0.0f;
        pin_registers(output);
        begin_products();
        const u64 values = product_operand(here + 2 * UNIT_POSITIONS * 128);
        UNROLL for (int i = 0; i < 4; i++) ask_for_product(Bf16(), output, weights[i], product_operand_at(values, 16 * i));
        commit_products();
        // The other unit's place: everybody has left it, at the barrier.
        if (unit < lastUnit) units.store(shared + (unit + 1 - firstUnit) % 2 * WGMMA_ATTENTION_UNIT_BYTES);
        const Merge merges[2] = {merge_into(totals[0], part[0]), merge_into(totals[1], part[1])};
        wait_for_products<0>();
        pin_registers(output);
        UNROLL for (int i = 0; i < PRODUCT_NUMBERS; i++) outputs[i] = merges[i / 2 % 2].value(outputs[i], output[i]);
        let_products_see_stores();
        block_barrier();
    }

    UNROLL for (int row = 0; row < 2; row++) {
        const int inTile = rows.firstRow + 8 * row;
        if (!rows.present(inTile)) continue;
        float* destination = p.destination + tile.token(inTile) * p.destinationStride + (i64)tile.head(inTile, kvHead) * p.headSize;
        UNROLL for (int i = 0; i < PRODUCT_NUMBERS / 2; i++) {
            const int d = i / 2 * 8 + 2 * rows.q + i % 2;
            if (d < p.headSize) destination[d] = outputs[i / 2 * 4 + 2 * row + i % 2] / totals[row].sum;
        }
    }
}

#endif
