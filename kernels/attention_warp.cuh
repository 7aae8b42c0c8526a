// SPDX-License-Identifier: MIT
#pragma once

// A warp's tile of attention.cuh at work on one unit: queries, keys and values as operands of mma, scores, softmax and the weighed sum.
//
// Over a cache of signed bytes (Element s8; docs/numerics.md) codes become BF16 numbers on their way, which is exact; a score is multiplied by its key's scale, and a weight by its
// value's before it is rounded. A lane's bytes are words of four, so an operand's four numbers are d = 16 step + 4q .. 4q + 3, queries likewise.
//
// Keys and values go from memory straight into operands. A step is 32 positions, two blocks of the cache. Which of them a lane brings follows
// from 16-byte loads: keys by lane group g (block g / 4, four tokens), values by q (block q / 2, eight tokens), and scores come out as
// position 8q + 4c + j of the step in column c of tile j, so that a lane's weights are just those of the tokens whose values it brings.

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
