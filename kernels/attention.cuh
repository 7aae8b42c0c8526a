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
//
// Over a cache of signed bytes (Element s8; docs/numerics.md) codes become BF16 numbers on their way, which is exact; a score is multiplied by its key's scale, and a weight by its
// value's before it is rounded. A lane's bytes are words of four, so an operand's four numbers are d = 16 step + 4q .. 4q + 3, queries likewise.
//
// Keys and values go from memory straight into operands. A step is 32 positions, two blocks of the cache. Which of them a lane brings follows
// from 16-byte loads: keys by lane group g (block g / 4, four tokens), values by q (block q / 2, eight tokens), and scores come out as
// position 8q + 4c + j of the step in column c of tile j, so that a lane's weights are just those of the tokens whose values it brings.
struct AttentionParameters {
    float* destination;
    i64 destinationStride;
    const float* query;
    i64 queryStride;
    const void* cache;
    const int* pageTables;
    i64 pageTableStride;
    const int* positions;
    const int* sequenceOfToken;
    const int* tiles;
    float* partial;
    int tileCount;
    int unitCount;
    int queryHeads;
    int kvHeads;
    int headSize;
    int pageSize;
    int window;
    float scale;
    int partRows;
    int reserved;
};
static_assert(sizeof(AttentionParameters) == 128, "as in C#");

#define UNIT_POSITIONS 64
#define UNIT_STEPS 2
#define STEP_POSITIONS 32
#define TILE_HEIGHT 16

// Sixteen rows: row r of the tile is number first + r of the sequence's rows in this batch, a token's heads of the group side by side.
struct AttentionTile {
    int firstToken;
    int firstRow;
    int rowCount;
    int group;

    DEVICE_MEMBER int token(int row) const { return firstToken + (firstRow + row) / group; }
    DEVICE_MEMBER int head(int row, int kvHead) const { return kvHead * group + (firstRow + row) % group; }
};

DEVICE AttentionTile load_tile(const AttentionParameters& p, int index)
{
    const int* tile = p.tiles + (i64)index * 4;
    const AttentionTile loaded = {tile[0], tile[1], tile[2], p.queryHeads / p.kvHeads};
    return loaded;
}

DEVICE int first_visible(const AttentionParameters& p, int position) { return position < p.window ? 0 : position - p.window + 1; }

// What one row's softmax has come to.
struct Softmax {
    float largest;
    float sum;
};

// How two parts of a row go together.
struct Merge {
    float ofFirst;
    float ofSecond;
    bool sees;

    DEVICE_MEMBER float value(float first, float second) const { return sees ? fma(first, ofFirst, second * ofSecond) : first; }
};

// The second part leaves no trace, not even in a zero's sign, if the row sees nothing of it.
DEVICE Merge merge_into(Softmax& total, const Softmax& part)
{
    const float largest = max_float(total.largest, part.largest);
    Merge merge;
    merge.sees = part.largest != NEGATIVE_INFINITY;
    merge.ofFirst = exp2_approximate(total.largest - largest);
    merge.ofSecond = exp2_approximate(part.largest - largest);
    total.sum = merge.value(total.sum, part.sum);
    if (merge.sees) total.largest = largest;
    return merge;
}

// Two of a word's four signed bytes as an operand's register.
DEVICE u32 widen_bytes(u32 word, int first)
{
    return pack_bf16((float)(s8)(word >> 8 * first & 0xffu), (float)(s8)(word >> (8 * first + 8) & 0xffu));
}

// A warp's tile at work. Lane (g, q) has a share of rows g and g + 8, index 0 and 1 below.
template <int D32, class Element>
struct AttentionWarp {
    static constexpr bool IsBytes = sizeof(Element) == 1;

    const AttentionParameters& p;
    AttentionTile tile;
    KvPages<Element> pages;
    int kvHead, g, q;
    int firstSeen, lastSeen;
    int first[2], last[2];
    const int* pageTable;
    u32 query[2 * D32][4];

    // One unit's outcome: output tile (o, i) has columns 32 o + 4 c + i, c being 2q and 2q + 1.
    Softmax part[2];
    float output[D32][4][4];

    DEVICE_MEMBER AttentionWarp(const AttentionParameters& parameters, int index, int head) : p(parameters)
    {
        tile = load_tile(p, index);
        kvHead = head;
        g = (int)lane() / 4;
        q = (int)lane() % 4;
        const KvPages<Element> all = {static_cast<Element*>(const_cast<void*>(p.cache)), p.kvHeads, stored_head(p.headSize), p.pageSize};
        pages = all;
        firstSeen = first_visible(p, p.positions[tile.firstToken + tile.firstRow / tile.group]);
        lastSeen = p.positions[tile.token(tile.rowCount - 1)];
        pageTable = p.pageTables + p.sequenceOfToken[tile.firstToken] * p.pageTableStride;
        UNROLL for (int i = 0; i < 2; i++) {
            const bool present = g + 8 * i < tile.rowCount;
            last[i] = present ? p.positions[tile.token(g + 8 * i)] : -1;
            first[i] = first_visible(p, last[i]);
        }
        load_query();
    }

    DEVICE_MEMBER int first_unit() const { return firstSeen / UNIT_POSITIONS; }
    DEVICE_MEMBER int last_unit() const { return lastSeen / UNIT_POSITIONS; }

    DEVICE_MEMBER void load_query()
    {
        UNROLL for (int i = 0; i < 2; i++) {
            const int row = g + 8 * i;
            const bool present = row < tile.rowCount;
            const float* source = p.query + (present ? tile.token(row) * p.queryStride + (i64)tile.head(row, kvHead) * p.headSize : 0);
            UNROLL for (int step = 0; step < 2 * D32; step++)
                UNROLL for (int half = 0; half < 2; half++) {
                    const int d = 16 * step + (IsBytes ? 4 * q + 2 * half : 8 * half + 2 * q);
                    const u32 low = present && d < p.headSize ? to_cache(source[d]) : 0u;
                    const u32 high = present && d + 1 < p.headSize ? to_cache(source[d + 1]) : 0u;
                    query[step][2 * half + i] = low | high << 16;
                }
        }
    }

    // Does anybody in the tile see any of the sixteen positions? If not, their page may not exist.
    DEVICE_MEMBER bool is_seen(int position) const { return position <= lastSeen && position + KV_BLOCK > firstSeen; }

    DEVICE_MEMBER void scores_of(int base, float (&scores)[4][4] CU_SITE) const
    {
        const int position = base + g / 4 * KV_BLOCK;
        const bool seen = is_seen(position);
        const int inPage = position % p.pageSize;
        const Element* keys = pages.keys(seen ? pageTable[position / p.pageSize] : 0, kvHead) + pages.block_of(inPage) + g % 4 * 4 * pages.PerWord;
        const uint4 none = {0, 0, 0, 0};
        UNROLL for (int step = 0; step < 2 * D32; step++) {
            if (16 * step >= pages.storedHead) break;
            if constexpr (IsBytes) {
                const uint4 loaded = seen ? load16(keys + (4 * step + q) * 4 * KV_BLOCK CU_PASS_SITE) : none;
                const u32 words[4] = {loaded.x, loaded.y, loaded.z, loaded.w};
                UNROLL for (int j = 0; j < 4; j++) {
                    const u32 b[2] = {widen_bytes(words[j], 0), widen_bytes(words[j], 2)};
                    mma(Bf16(), scores[j], query[step], b CU_PASS_SITE);
                }
                continue;
            }
            const uint4 low = seen ? load16(keys + (8 * step + q) * 2 * KV_BLOCK CU_PASS_SITE) : none;
            const uint4 high = seen ? load16(keys + (8 * step + 4 + q) * 2 * KV_BLOCK CU_PASS_SITE) : none;
            const u32 b[4][2] = {{low.x, high.x}, {low.y, high.y}, {low.z, high.z}, {low.w, high.w}};
            UNROLL for (int j = 0; j < 4; j++) mma(Bf16(), scores[j], query[step], b[j] CU_PASS_SITE);
        }
    }

    // The values of a pair of tokens, nothing where nobody sees them: weight 0 times what may lie there is not 0 if that is not a number.
    DEVICE_MEMBER u32 pair_mask(int position) const
    {
        const u32 low = position >= firstSeen && position <= lastSeen ? 0xffffu : 0u;
        const u32 high = position + 1 >= firstSeen && position + 1 <= lastSeen ? 0xffff0000u : 0u;
        return low | high;
    }

    DEVICE_MEMBER void add_values(int base, const u32 (&low)[4], const u32 (&high)[4] CU_SITE)
    {
        const int position = base + 8 * q;
        const bool seen = is_seen(position / KV_BLOCK * KV_BLOCK);
        const int inPage = position % p.pageSize;
        const Element* values = pages.values(seen ? pageTable[position / p.pageSize] : 0, kvHead) + pages.value_element(inPage, 4 * g);
        if constexpr (IsBytes) return add_bytes(values, seen, low, high CU_PASS_SITE);
        u32 masks[4];
        UNROLL for (int pair = 0; pair < 4; pair++) masks[pair] = pair_mask(position + 2 * pair);
        UNROLL for (int o = 0; o < D32; o++) {
            if (32 * o >= pages.storedHead) break;
            const bool present = seen && 32 * o + 4 * g < pages.storedHead;
            u32 words[4][4];
            UNROLL for (int pair = 0; pair < 4; pair++) {
                const uint4 none = {0, 0, 0, 0};
                const uint4 loaded = present ? load16(values + (i64)pair * 2 * pages.storedHead + 64 * o CU_PASS_SITE) : none;
                words[pair][0] = loaded.x & masks[pair];
                words[pair][1] = loaded.y & masks[pair];
                words[pair][2] = loaded.z & masks[pair];
                words[pair][3] = loaded.w & masks[pair];
            }
            UNROLL for (int i = 0; i < 4; i++) {
                const u32 b0[2] = {words[0][i], words[1][i]}, b1[2] = {words[2][i], words[3][i]};
                mma(Bf16(), output[o][i], low, b0 CU_PASS_SITE);
                mma(Bf16(), output[o][i], high, b1 CU_PASS_SITE);
            }
        }
    }

    // Codes are numbers whatever lies there: nothing has to be masked.
    DEVICE_MEMBER void add_bytes(const Element* values, bool seen, const u32 (&low)[4], const u32 (&high)[4] CU_SITE)
    {
        const uint4 none = {0, 0, 0, 0};
        UNROLL for (int o = 0; o < D32; o++) {
            if (32 * o >= pages.storedHead) break;
            const bool present = seen && 32 * o + 4 * g < pages.storedHead;
            const uint4 first = present ? load16(values + 128 * o CU_PASS_SITE) : none;
            const uint4 second = present ? load16(values + (i64)4 * pages.storedHead + 128 * o CU_PASS_SITE) : none;
            const u32 words[2][4] = {{first.x, first.y, first.z, first.w}, {second.x, second.y, second.z, second.w}};
            UNROLL for (int i = 0; i < 4; i++) {
                const u32 b0[2] = {widen_bytes(words[0][i], 0), widen_bytes(words[0][i], 2)}, b1[2] = {widen_bytes(words[1][i], 0), widen_bytes(words[1][i], 2)};
                mma(Bf16(), output[o][i], low, b0 CU_PASS_SITE);
                mma(Bf16(), output[o][i], high, b1 CU_PASS_SITE);
            }
        }
    }

    // Signed bytes: the scales of the eight positions from `position` on, of keys or values; nothing where nobody sees their block.
    DEVICE_MEMBER void load_scales(int position, bool ofValues, float (&scales)[8]) const
    {
        UNROLL for (int i = 0; i < 8; i++) scales[i] = 0.0f;
        if (!is_seen(position / KV_BLOCK * KV_BLOCK)) return;
        const int page = pageTable[position / p.pageSize];
        const float* source = pages.scale_of(ofValues ? pages.values(page, kvHead) : pages.keys(page, kvHead), position % p.pageSize);
        load_eight(source, NumberF32, 0, scales);
    }

    // Sets `part` and `output` to what the tile sees of one unit.
    DEVICE_MEMBER void take_unit(int unit)
    {
        const float LogTwoOfE = 1.44269504f;
        const float scale = p.scale * LogTwoOfE;
        float scores[UNIT_STEPS][4][4] = {};
        part[0].largest = part[1].largest = NEGATIVE_INFINITY;
        UNROLL for (int step = 0; step < UNIT_STEPS; step++) {
            const int base = unit * UNIT_POSITIONS + step * STEP_POSITIONS;
            scores_of(base, scores[step]);
            float keyScales[8];
            if constexpr (IsBytes) load_scales(base + 8 * q, false, keyScales);
            UNROLL for (int j = 0; j < 4; j++)
                UNROLL for (int k = 0; k < 4; k++) {
                    const int position = base + 8 * q + 4 * (k % 2) + j;
                    const bool visible = position >= first[k / 2] && position <= last[k / 2];
                    if constexpr (IsBytes) scores[step][j][k] *= keyScales[4 * (k % 2) + j];
                    scores[step][j][k] = visible ? scores[step][j][k] * scale : NEGATIVE_INFINITY;
                    part[k / 2].largest = max_float(part[k / 2].largest, scores[step][j][k]);
                }
        }
        UNROLL for (int i = 0; i < 2; i++) {
            part[i].largest = max_float(part[i].largest, shuffle_xor(part[i].largest, 1));
            part[i].largest = max_float(part[i].largest, shuffle_xor(part[i].largest, 2));
            part[i].sum = 0.0f;
        }
        UNROLL for (int o = 0; o < D32; o++)
            UNROLL for (int i = 0; i < 4; i++)
                UNROLL for (int k = 0; k < 4; k++) output[o][i][k] = 0.0f;
        UNROLL for (int step = 0; step < UNIT_STEPS; step++) {
            u16 weights[4][4];
            float valueScales[8];
            if constexpr (IsBytes) load_scales(unit * UNIT_POSITIONS + step * STEP_POSITIONS + 8 * q, true, valueScales);
            UNROLL for (int j = 0; j < 4; j++)
                UNROLL for (int k = 0; k < 4; k++) {
                    const float largest = part[k / 2].largest;
                    const float offset = largest == NEGATIVE_INFINITY ? 0.0f : largest;
                    const float weight = exp2_approximate(scores[step][j][k] - offset);
                    if constexpr (IsBytes) {
                        // What nobody sees may have a scale that is not a number.
                        weights[j][k] = scores[step][j][k] == NEGATIVE_INFINITY ? (u16)0 : to_cache(weight * valueScales[4 * (k % 2) + j]);
                        part[k / 2].sum += weight;
                    } else {
                        weights[j][k] = to_cache(weight);
                        part[k / 2].sum += bf16_to_float(weights[j][k]);
                    }
                }
            u32 low[4], high[4];
            UNROLL for (int i = 0; i < 2; i++)
                UNROLL for (int half = 0; half < 2; half++) {
                    low[2 * half + i] = weights[2 * half][2 * i] | (u32)weights[2 * half + 1][2 * i] << 16;
                    high[2 * half + i] = weights[2 * half][2 * i + 1] | (u32)weights[2 * half + 1][2 * i + 1] << 16;
                }
            add_values(unit * UNIT_POSITIONS + step * STEP_POSITIONS, low, high);
        }
        UNROLL for (int i = 0; i < 2; i++) {
            part[i].sum += shuffle_xor(part[i].sum, 1);
            part[i].sum += shuffle_xor(part[i].sum, 2);
        }
    }
};

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
