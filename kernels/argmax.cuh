// SPDX-License-Identifier: MIT
#pragma once

// argmax : destination[r] = index of the largest logits[r, :], the lowest on ties; NaN never, 0 if there is nothing but NaN. Exact.
// shapes   destination [R] I32   logits [R, V] F32
// tile     one block of 1024 a row; thread i looks at columns i, i+1024, ...
// traffic  4 * R * V bytes, from the L2 cache after a head
// oracle   ReferenceKernels.Argmax
struct ArgmaxParameters {
    int* destination;
    const float* logits;
    i64 logitsStride;
    int columns;
    int reserved;
};
static_assert(sizeof(ArgmaxParameters) == 32, "as in C#");

struct Candidate {
    float value;
    u32 index;
};

DEVICE Candidate better(Candidate a, Candidate b)
{
    return b.value > a.value || (b.value == a.value && b.index < a.index) ? b : a;
}

DEVICE Candidate best_of_warp(Candidate mine)
{
    UNROLL for (int mask = 16; mask > 0; mask /= 2) {
        const Candidate other = {shuffle_xor(mine.value, mask), shuffle_xor(mine.index, mask)};
        mine = better(mine, other);
    }
    return mine;
}

KERNEL(argmax, ArgmaxParameters, 1024, 1)
{
    begin_after_predecessor();
    SHARED(shared);
    Candidate* ofWarps = reinterpret_cast<Candidate*>(shared);
    const float* logits = p.logits + block_x() * p.logitsStride;
    // The last index stands for "nothing seen": NaN compares false and never replaces it.
    Candidate best = {NEGATIVE_INFINITY, ~0u};
    for (u32 i = thread_index(); i < (u32)p.columns; i += 1024) {
        const Candidate seen = {logits[i], i};
        best = better(best, seen);
    }
    best = best_of_warp(best);
    if (lane() == 0) ofWarps[warp()] = best;
    block_barrier();
    if (warp() == 0) {
        best = best_of_warp(ofWarps[lane()]);
        if (lane() == 0) p.destination[block_x()] = best.index == ~0u ? 0 : (int)best.index;
    }
}
