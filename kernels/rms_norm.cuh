// SPDX-License-Identifier: MIT
#pragma once

// rms_norm : destination[t, :] = source[t, :] * (1 / sqrt(mean(source[t, :]^2) + epsilon)) * weight
// shapes   destination, source [T, H] F32   weight [H] F32, BF16 or F16
// tile     one block of 256 a row whatever T; thread i owns columns i, i+256, ...; lanes are added by shuffles, warps in rising order
// traffic  (8 T + element) * H bytes from memory, the second reading from cache: launch-bound at T=1, memory-bound at T=4096
// oracle   ReferenceKernels.RmsNorm
struct RmsNormParameters {
    float* destination;
    i64 destinationStride;
    const float* source;
    i64 sourceStride;
    const void* weight;
    int weightType;
    int columns;
    float epsilon;
    int reserved;
};
static_assert(sizeof(RmsNormParameters) == 56, "as in C#");

// The sum over a block of 256, the same bits in every thread. `sums` holds 8 floats.
DEVICE float block_sum(float value, float* sums)
{
    const float ofWarp = warp_sum(value);
    if (lane() == 0) sums[warp()] = ofWarp;
    block_barrier();
    float total = sums[0];
    UNROLL for (int i = 1; i < 8; i++) total += sums[i];
    return total;
}

KERNEL(rms_norm, RmsNormParameters, 256, 1)
{
    begin_after_predecessor();
    SHARED(shared);
    const float* source = p.source + block_x() * p.sourceStride;
    float* destination = p.destination + block_x() * p.destinationStride;
    float squares = 0.0f;
    for (int i = (int)thread_index(); i < p.columns; i += 256) squares = fma(source[i], source[i], squares);
    const float mean = block_sum(squares, reinterpret_cast<float*>(shared)) / (float)p.columns;
    const float factor = 1.0f / square_root(mean + p.epsilon);
    for (int i = (int)thread_index(); i < p.columns; i += 256) destination[i] = source[i] * factor * load_number(p.weight, p.weightType, i);
}
