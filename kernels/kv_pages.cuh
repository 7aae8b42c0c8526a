// SPDX-License-Identifier: MIT
// One layer of the paged cache, as KvLayerView (C#) lays it out for BF16: [page][kv head][K|V][block of 16 tokens][values of the block], a
// block's keys as words [D/2][16 tokens] of two neighbouring d, its values as words [8][D] of two neighbouring tokens. Such a word is what a
// register of an mma operand holds, so fragments are read from global memory as they lie.
#pragma once

#define KV_BLOCK 16

DEVICE int stored_head(int headSize) { return (headSize + 15) & ~15; }

struct KvPages {
    u16* cache;
    int kvHeads;
    int storedHead;
    int pageSize;

    DEVICE_MEMBER i64 head_run() const { return (i64)pageSize * storedHead; }
    DEVICE_MEMBER u16* keys(int page, int head) const { return cache + ((i64)page * kvHeads + head) * 2 * head_run(); }
    DEVICE_MEMBER u16* values(int page, int head) const { return keys(page, head) + head_run(); }

    // Elements from a head's keys (or values) in a page to one number.
    DEVICE_MEMBER i64 block_of(int token) const { return (i64)(token / KV_BLOCK) * KV_BLOCK * storedHead; }
    DEVICE_MEMBER i64 key_element(int token, int d) const { return block_of(token) + (d / 2 * KV_BLOCK + token % KV_BLOCK) * 2 + d % 2; }
    DEVICE_MEMBER i64 value_element(int token, int d) const { return block_of(token) + (i64)(token % KV_BLOCK / 2 * storedHead + d) * 2 + token % 2; }
};
