// SPDX-License-Identifier: MIT
#pragma once

// rope_and_append : rotates query and key in place, by pairs (i, i + R/2) of each head's first R values, and writes key and value to the cache:
//          a' = a*cos - b*sin, b' = b*cos + a*sin, products and sums rounded separately; a BF16 cache takes magnitudes below
//          2^-54 as zero
// shapes   query [T, Q*D], key, value [T, K*D] F32   table [rows, R] F32, R/2 cosines then R/2 sines   cache: KvLayerView, BF16 or F32
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
    void* cache;
    const int* ropeRows;
    const int* slots;
    int queryHeads;
    int kvHeads;
    int headSize;
    int rotarySize;
    int pageSize;
    int cacheIsF32;
};
static_assert(sizeof(RopeAndAppendParameters) == 112, "as in C#");

DEVICE void rotate_pair(float& a, float& b, float cosine, float sine)
{
    const float first = a * cosine - b * sine;
    b = b * cosine + a * sine;
    a = first;
}

DEVICE void rotate(float* heads, int headCount, int headSize, int half, const float* cosines)
{
    for (int i = (int)thread_index(); i < headCount * half; i += 256) {
        float* first = heads + (i64)(i / half) * headSize + i % half;
        rotate_pair(first[0], first[half], cosines[i % half], cosines[half + i % half]);
    }
}

DEVICE u16 to_cache(float value)
{
    const float magnitude = value < 0.0f ? -value : value;
    return magnitude < 0x1p-54f ? (u16)0 : float_to_bf16(value);
}

DEVICE void store(u16* place, float value) { *place = to_cache(value); }
DEVICE void store(float* place, float value) { *place = value; }

// Behind an odd head keys have zeros, which products need, and so have values, which nobody needs.
template <class Element>
DEVICE void append(const RopeAndAppendParameters& p, const float* key, const float* value, int slot)
{
    const KvPages<Element> pages = {static_cast<Element*>(p.cache), p.kvHeads, stored_head(p.headSize), p.pageSize};
    const int inPage = slot % p.pageSize;
    for (int i = (int)thread_index(); i < p.kvHeads * pages.storedHead; i += 256) {
        const int head = i / pages.storedHead, d = i % pages.storedHead;
        const bool present = d < p.headSize;
        store(pages.keys(slot / p.pageSize, head) + pages.key_element(inPage, d), present ? key[head * p.headSize + d] : 0.0f);
        store(pages.values(slot / p.pageSize, head) + pages.value_element(inPage, d), present ? value[head * p.headSize + d] : 0.0f);
    }
}

KERNEL(rope_and_append, RopeAndAppendParameters, 256, 1)
{
    begin_after_predecessor();
    const i64 token = block_x();
    const float* cosines = p.table + p.ropeRows[token] * p.tableStride;
    float* key = p.key + token * p.keyStride;
    const float* value = p.value + token * p.valueStride;
    rotate(p.query + token * p.queryStride, p.queryHeads, p.headSize, p.rotarySize / 2, cosines);
    rotate(key, p.kvHeads, p.headSize, p.rotarySize / 2, cosines);
    block_barrier();
    if (p.cacheIsF32) append<float>(p, key, value, p.slots[token]);
    else append<u16>(p, key, value, p.slots[token]);
}
