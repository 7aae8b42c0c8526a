// SPDX-License-Identifier: MIT
#pragma once

// linear_rope : linear_normed with the matrix of queries, keys and values, and then rope_and_append, in their bits; keys and values go to the cache and nowhere else
// shapes   as both, at most eight tokens; no bias; a cache of BF16 or F32; sizes of heads and of what is rotated multiples of 16
// tile     sixteen rows of a head times eight tokens a block: eight and those that they are rotated with, or sixteen neighbours that are not rotated
// traffic  2 * N * H bytes of weights: memory-bound; saves a launch a layer
// oracle   ReferenceKernels.RmsNorm, Linear, RopeAndAppend      pass mark  as linear_skinny
struct LinearRopeParameters {
    LinearParameters linear;
    RopeAndAppendParameters rope;
};
static_assert(sizeof(LinearRopeParameters) == 224, "as in C#");

// One number of a query to its row, of a key or a value to the cache.
template <class Element>
DEVICE void store_projected(const RopeAndAppendParameters& p, int token, int head, int d, float value)
{
    if (head < p.queryHeads) {
        p.query[token * p.queryStride + (i64)head * p.headSize + d] = value;
        return;
    }
    const KvPages<Element> pages = {static_cast<Element*>(p.cache), p.kvHeads, stored_head(p.headSize), p.pageSize};
    const int slot = p.slots[token], page = slot / p.pageSize, inPage = slot % p.pageSize, kvHead = head - p.queryHeads;
    if (kvHead < p.kvHeads) store(pages.keys(page, kvHead) + pages.key_element(inPage, d), value);
    else store(pages.values(page, kvHead - p.kvHeads) + pages.value_element(inPage, d), value);
}

template <class Format>
DEVICE void linear_rope(Format format, const LinearRopeParameters& parameters)
{
    SHARED(shared);
    constexpr int Tokens = 8, Rows = 8;
    const LinearParameters& p = parameters.linear;
    const RopeAndAppendParameters& r = parameters.rope;
    const int ofHead = r.headSize / 16, head = (int)block_x() / ofHead, inHead = (int)block_x() % ofHead;
    const bool isRotated = 16 * inHead < r.rotarySize;
    const int low = isRotated ? 8 * inHead : 16 * inHead, high = low + (isRotated ? r.rotarySize / 2 : 8);
    const u16* weight = static_cast<const u16*>(p.weight) + (i64)(head * r.headSize + (int)lane() / 4) * p.weightStride;
    const SkinnyRows weights = {weight + low * p.weightStride, weight + high * p.weightStride, p.columns};
    const float* parts = skinny_sums<Format, RowsToNorm, 1>(format, p, weights, shared, 0);

    const int row = (int)thread_index() % Rows, token = (int)thread_index() / Rows;
    if (token >= p.tokens) return;
    float first = add_segments(parts + row * Tokens + token, 16 * Tokens), second = add_segments(parts + (Rows + row) * Tokens + token, 16 * Tokens);
    if (isRotated && head < r.queryHeads + r.kvHeads) {
        const float* cosines = r.table + r.ropeRows[token] * r.tableStride;
        rotate_pair(first, second, cosines[low + row], cosines[r.rotarySize / 2 + low + row]);
    }
    if (r.cacheType == CacheF32) {
        store_projected<float>(r, token, head, low + row, first);
        store_projected<float>(r, token, head, high + row, second);
    } else {
        store_projected<u16>(r, token, head, low + row, first);
        store_projected<u16>(r, token, head, high + row, second);
    }
}

KERNEL(linear_rope_bf16, LinearRopeParameters, 256, 2) { linear_rope(Bf16(), p); }
KERNEL(linear_rope_f16, LinearRopeParameters, 256, 2) { linear_rope(F16(), p); }
