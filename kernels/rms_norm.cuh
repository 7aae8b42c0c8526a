// SPDX-License-Identifier: MIT
#pragma once

// rms_norm : destination[t, :] = source[t, :] * (1 / sqrt(mean(source[t, :]^2) + epsilon)) * weight
// norm_rows_bf16, norm_rows_f16 : the same, rounded to 16 bits and kept as round_rows does it
// shapes   destination [T, H] F32, or BF16 or F16   source [T, H] F32   weight [H] F32, BF16 or F16
// tile     one block of 256 a row whatever T; thread i owns columns i, i+256, ...; lanes are added by shuffles, warps in rising order
// traffic  (8 T + element) * H bytes from memory, the second reading from cache: launch-bound at T=1, memory-bound at T=4096
// oracle   ReferenceKernels.RmsNorm
struct RmsNormParameters {
    void* destination;
    i64 destinationStride;
    const float* source;
    i64 sourceStride;
    const void* weight;
    int weightType;
    int columns;
    float epsilon;
    int order;
};
static_assert(sizeof(RmsNormParameters) == 56, "as in C#");

// A thread's part of a row's sum of squares, in a block of 256.
DEVICE float part_of_squares(const float* source, int columns)
{
    float squares = 0.0f;
    for (int i = (int)thread_index(); i < columns; i += 256) squares = fma(source[i], source[i], squares);
    return squares;
}

// What a row is multiplied by. `squares` are its eight warps' sums.
DEVICE float norm_factor(const float* squares, int columns, float epsilon)
{
    float total = squares[0];
    UNROLL for (int i = 1; i < 8; i++) total += squares[i];
    return 1.0f / square_root(total / (float)columns + epsilon);
}

DEVICE float factor_of_row(const RmsNormParameters& p, const float* source, float* sums)
{
    const float ofWarp = warp_sum(part_of_squares(source, p.columns));
    if (lane() == 0) sums[warp()] = ofWarp;
    block_barrier();
    return norm_factor(sums, p.columns, p.epsilon);
}

KERNEL(rms_norm, RmsNormParameters, 256, 1)
{
    begin_after_predecessor();
    SHARED(shared);
    const float* source = p.source + block_x() * p.sourceStride;
    float* destination = static_cast<float*>(p.destination) + block_x() * p.destinationStride;
    const float factor = factor_of_row(p, source, reinterpret_cast<float*>(shared));
    for (int i = (int)thread_index(); i < p.columns; i += 256) destination[i] = source[i] * factor * load_number(p.weight, p.weightType, i);
}

template <class Format>
DEVICE void norm_row(Format format, const RmsNormParameters& p)
{
    begin_after_predecessor();
    SHARED(shared);
    const float* source = p.source + block_x() * p.sourceStride;
    u16* destination = static_cast<u16*>(p.destination) + block_x() * p.destinationStride;
    const float factor = factor_of_row(p, source, reinterpret_cast<float*>(shared));
    for (int i = (int)thread_index(); i < padded_columns(p.columns, p.order); i += 256)
        destination[place_in_row(i, p.order)] = i < p.columns ? (u16)pack(format, source[i] * factor * load_number(p.weight, p.weightType, i), 0.0f) : (u16)0;
    let_copies_see_stores();
}

KERNEL(norm_rows_bf16, RmsNormParameters, 256, 1) { norm_row(Bf16(), p); }
KERNEL(norm_rows_f16, RmsNormParameters, 256, 1) { norm_row(F16(), p); }
