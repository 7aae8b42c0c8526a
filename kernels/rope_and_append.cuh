// SPDX-License-Identifier: MIT
#pragma once

// rope_and_append : rotates query and key in place, by pairs (i, i + R/2) of each head's first R values, and writes key and value to the cache:
//          a' = a*cos - b*sin, b' = b*cos + a*sin, products and sums rounded separately; the cache takes BF16, magnitudes below 2^-54 as zero
// shapes   query [T, Q*D], key, value [T, K*D] F32   table [rows, R] F32, R/2 cosines then R/2 sines   cache: KvLayerView, BF16
// tile     one block of 256 a token
// traffic  T * D * (8 Q + 16 K) bytes: launch-bound at T=1
// oracle   ReferenceKernels.RopeAndAppend
struct RopeAndAppendParameters {
    float* query;
    i64 queryStride;
    float* key;
    i64 keyStride;
    const float* value;
    i64 valueStride;
    const float* table;
    i64 tableStride;
    u16* cache;
    const int* ropeRows;
    const int* slots;
    int queryHeads;
    int kvHeads;
    int headSize;
    int rotarySize;
    int pageSize;
    int reserved;
};
static_assert(sizeof(RopeAndAppendParameters) == 112, "as in C#");

DEVICE void rotate(float* heads, int headCount, int headSize, int half, const float* cosines)
{
    for (int i = (int)thread_index(); i < headCount * half; i += 256) {
        float* first = heads + (i64)(i / half) * headSize + i % half;
        const float a = first[0], b = first[half];
        const float cosine = cosines[i % half], sine = cosines[half + i % half];
        first[0] = a * cosine - b * sine;
        first[half] = b * cosine + a * sine;
    }
}

DEVICE u16 to_cache(float value)
{
    const float magnitude = value < 0.0f ? -value : value;
    return magnitude < 0x1p-54f ? (u16)0 : float_to_bf16(value);
}

KERNEL(rope_and_append, RopeAndAppendParameters, 256, 1)
{
    const i64 token = block_x();
    const float* cosines = p.table + p.ropeRows[token] * p.tableStride;
    float* key = p.key + token * p.keyStride;
    const float* value = p.value + token * p.valueStride;
    rotate(p.query + token * p.queryStride, p.queryHeads, p.headSize, p.rotarySize / 2, cosines);
    rotate(key, p.kvHeads, p.headSize, p.rotarySize / 2, cosines);
    block_barrier();

    const int slot = p.slots[token];
    const KvPages pages = {p.cache, p.kvHeads, stored_head(p.headSize), p.pageSize};
    const int inPage = slot % p.pageSize;
    for (int i = (int)thread_index(); i < p.kvHeads * pages.storedHead; i += 256) {
        const int head = i / pages.storedHead, d = i % pages.storedHead;
        u16* keys = pages.keys(slot / p.pageSize, head) + pages.key_element(inPage, d);
        u16* values = pages.values(slot / p.pageSize, head) + pages.value_element(inPage, d);
        const bool present = d < p.headSize;
        *keys = present ? to_cache(key[head * p.headSize + d]) : (u16)0;
        *values = present ? to_cache(value[head * p.headSize + d]) : (u16)0;
    }
}
