// SPDX-License-Identifier: MIT
// One layer of the paged cache, as KvLayerView (C#) lays it out: [page][kv head][K|V][block of 16 tokens][values of the block], a block's keys as
// words of 32 bits [D/e][16 tokens], e neighbouring d to a word, its values as words [16/e][D], e neighbouring tokens to a word; e is 2 for BF16,
// 1 for F32 and 4 for signed bytes, whose scales, one a token, lie behind their block. A BF16 word is what a register of an mma operand holds, so fragments are read from global memory as they lie.
#pragma once

#define KV_BLOCK 16

DEVICE int stored_head(int headSize) { return (headSize + 15) & ~15; }

template <class Element>
struct KvPages {
    Element* cache;
    int kvHeads;
    int storedHead;
    int pageSize;

    static constexpr int PerWord = 4 / (int)sizeof(Element);

    static constexpr int ScaleElements = sizeof(Element) == 1 ? KV_BLOCK * (int)sizeof(float) : 0;

    DEVICE_MEMBER i64 block_run() const { return (i64)KV_BLOCK * storedHead + ScaleElements; }
    DEVICE_MEMBER i64 head_run() const { return pageSize / KV_BLOCK * block_run(); }
    DEVICE_MEMBER Element* keys(int page, int head) const { return cache + ((i64)page * kvHeads + head) * 2 * head_run(); }
    DEVICE_MEMBER Element* values(int page, int head) const { return keys(page, head) + head_run(); }

    // Elements from a head's keys (or values) in a page to one number.
    DEVICE_MEMBER i64 block_of(int token) const { return token / KV_BLOCK * block_run(); }

    // Signed bytes: the scale of a token, of the keys or values that `run` are.
    DEVICE_MEMBER float* scale_of(Element* run, int token) const
    {
        return reinterpret_cast<float*>(run + block_of(token) + (i64)KV_BLOCK * storedHead) + token % KV_BLOCK;
    }

    DEVICE_MEMBER i64 key_element(int token, int d) const
    {
        return block_of(token) + (d / PerWord * KV_BLOCK + token % KV_BLOCK) * PerWord + d % PerWord;
    }
    DEVICE_MEMBER i64 value_element(int token, int d) const
    {
        return block_of(token) + (i64)(token % KV_BLOCK / PerWord * storedHead + d) * PerWord + token % PerWord;
    }
};
