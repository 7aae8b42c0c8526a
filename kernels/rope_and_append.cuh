// SPDX-License-Identifier: MIT
#pragma once

// rope_and_append : rotates query and key in place, by pairs (i, i + R/2) of each head's first R values, and writes key and value to the cache:
//          a' = a*cos - b*sin, b' = b*cos + a*sin, products and sums rounded separately; a BF16 cache takes magnitudes below
//          2^-54 as zero, one of signed bytes a scale of a head's largest magnitude / 127 and the nearest integers
// shapes   query [T, Q*D], key, value [T, K*D] F32   table [rows, R] F32, R/2 cosines then R/2 sines   cache: KvLayerView
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
    int cacheType;
};
static_assert(sizeof(RopeAndAppendParameters) == 112, "as in C#");

enum CacheType : int { CacheBf16 = 0, CacheF32 = 1, CacheS8 = 2 };

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

// A warp a head's key or value.
DEVICE void append_bytes(const RopeAndAppendParameters& p, const float* key, const float* value, int slot)
{
    constexpr u32 Infinity = 0x7f800000u;
    const float Least = 127.0f / 3.402823466e38f;
    const KvPages<s8> pages = {static_cast<s8*>(p.cache), p.kvHeads, stored_head(p.headSize), p.pageSize};
    const int page = slot / p.pageSize, inPage = slot % p.pageSize;
    for (int i = (int)warp(); i < 2 * p.kvHeads; i += 8) {
        const bool isValue = i % 2 != 0;
        const float* source = (isValue ? value : key) + i / 2 * p.headSize;
        u32 most = 0;
        for (int d = (int)lane(); d < p.headSize; d += LANES) {
            const u32 magnitude = float_to_bits(source[d]) & 0x7fffffffu;
            most = magnitude > most ? magnitude : most;
        }
        UNROLL for (int mask = 16; mask > 0; mask /= 2) {
            const u32 other = shuffle_xor(most, mask);
            most = other > most ? other : most;
        }
        const float largest = bits_to_float(most);
        const bool isNumber = most < Infinity, isNothing = isNumber && largest < Least;
        const float factor = isNumber && !isNothing ? 127.0f / largest : 0.0f;
        s8* run = isValue ? pages.values(page, i / 2) : pages.keys(page, i / 2);
        if (lane() == 0) *pages.scale_of(run, inPage) = isNothing ? 0.0f : isNumber ? largest / 127.0f : bits_to_float(0xffc00000u);
        for (int d = (int)lane(); d < pages.storedHead; d += LANES) {
            const float code = d < p.headSize && factor != 0.0f ? round_to_integer(source[d] * factor) : 0.0f;
            run[isValue ? pages.value_element(inPage, d) : pages.key_element(inPage, d)] = (s8)(int)code;
        }
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
    if (p.cacheType == CacheS8) append_bytes(p, key, value, p.slots[token]);
    else if (p.cacheType == CacheF32) append<float>(p, key, value, p.slots[token]);
    else append<u16>(p, key, value, p.slots[token]);
}
