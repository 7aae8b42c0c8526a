// SPDX-License-Identifier: MIT
#pragma once

// attention_exact : what attention computes, over an F32 cache, with nothing rounded to 16 bits
// shapes   as attention; cache: KvLayerView, F32; shared memory 2048 bytes
// tile     a block of 128 a (token, query head). Positions go by chunks of 128 counted from 0: a thread a score, then a thread a column (or two) of
//          the output; chunks are merged in rising order
// traffic  8 * D bytes a position, query head and token: the slow path, for exact comparisons
// oracle   ReferenceKernels.Attention

#define CHUNK_POSITIONS 128
#define MOST_HEAD 256

// The largest, or the sum, over a block of 128, the same bits in every thread. `ofWarps` holds 4 floats; a barrier stands before its next use.
template <class Combine>
DEVICE float combine_block(float value, float* ofWarps, Combine combine)
{
    UNROLL for (int mask = 16; mask > 0; mask /= 2) value = combine(value, shuffle_xor(value, mask));
    if (lane() == 0) ofWarps[warp()] = value;
    block_barrier();
    return combine(combine(combine(ofWarps[0], ofWarps[1]), ofWarps[2]), ofWarps[3]);
}

struct Largest {
    DEVICE_MEMBER float operator()(float a, float b) const { return max_float(a, b); }
};

struct Sum {
    DEVICE_MEMBER float operator()(float a, float b) const { return a + b; }
};

KERNEL(attention_exact, AttentionParameters, 128, 1)
{
    SHARED(shared);
    begin_after_predecessor();
    float* query = reinterpret_cast<float*>(shared);
    float* weights = query + MOST_HEAD;
    float* largestOfWarps = weights + CHUNK_POSITIONS;
    float* sumOfWarps = largestOfWarps + 4;
    const int token = (int)block_x(), head = (int)block_y(), thread = (int)thread_index();
    const int kvHead = head / (p.queryHeads / p.kvHeads);
    const KvPages<float> pages = {static_cast<float*>(const_cast<void*>(p.cache)), p.kvHeads, stored_head(p.headSize), p.pageSize};
    const int* pageTable = p.pageTables + p.sequenceOfToken[token] * p.pageTableStride;
    const int last = p.positions[token], first = first_visible(p, last);
    const float LogTwoOfE = 1.44269504f;
    const float scale = p.scale * LogTwoOfE;

    for (int d = thread; d < p.headSize; d += 128) query[d] = p.query[token * p.queryStride + (i64)head * p.headSize + d];
    block_barrier();

    Softmax total = {NEGATIVE_INFINITY, 0.0f};
    float outputs[MOST_HEAD / 128] = {};
    for (int base = first / CHUNK_POSITIONS * CHUNK_POSITIONS; base <= last; base += CHUNK_POSITIONS) {
        const int position = base + thread;
        float score = NEGATIVE_INFINITY;
        if (position >= first && position <= last) {
            const float* keys = pages.keys(pageTable[position / p.pageSize], kvHead);
            float sum = 0.0f;
            for (int d = 0; d < p.headSize; d++) sum = fma(query[d], keys[pages.key_element(position % p.pageSize, d)], sum);
            score = sum * scale;
        }
        Softmax part;
        part.largest = combine_block(score, largestOfWarps, Largest());
        const float weight = exp2_approximate(score - part.largest);
        weights[thread] = weight;
        part.sum = combine_block(weight, sumOfWarps, Sum());
        const Merge merge = merge_into(total, part);
        const int begin = max_int(base, first), end = min_int(base + CHUNK_POSITIONS - 1, last);
        UNROLL for (int i = 0; i < MOST_HEAD / 128; i++) {
            const int d = thread + 128 * i;
            if (d >= p.headSize) continue;
            float sum = 0.0f;
            for (int seen = begin; seen <= end; seen++) {
                const float* values = pages.values(pageTable[seen / p.pageSize], kvHead);
                sum = fma(weights[seen - base], values[pages.value_element(seen % p.pageSize, d)], sum);
            }
            outputs[i] = merge.value(outputs[i], sum);
        }
        block_barrier();
    }
    UNROLL for (int i = 0; i < MOST_HEAD / 128; i++) {
        const int d = thread + 128 * i;
        if (d < p.headSize) p.destination[token * p.destinationStride + (i64)head * p.headSize + d] = outputs[i] / total.sum;
    }
}
