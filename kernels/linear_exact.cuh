// SPDX-License-Identifier: MIT
#pragma once

// linear_exact : as linear_skinny, but activations are not rounded and nothing need be aligned or a multiple of anything
// shapes   destination [T, N], source [T, H] F32   weight, up [N, H] F32, BF16 or F16
// tile     a warp a (token, feature); lane i takes inputs i, i+32, ... by fma, then the lanes are added by shuffles
// traffic  T * N * H * element bytes: the slow path, for F32 weights, odd shapes and exact comparisons
// oracle   ReferenceKernels.Linear, LinearSwiGlu

DEVICE float exact_sum(const void* weight, int type, i64 row, const float* source, int columns)
{
    float sum = 0.0f;
    for (int i = (int)lane(); i < columns; i += LANES) sum = fma(source[i], load_number(weight, type, row + i), sum);
    return warp_sum(sum);
}

DEVICE void linear_exact(const LinearParameters& p, int type)
{
    begin_after_predecessor();
    // The last block's warps past the last feature repeat it, so that every warp comes along; they store nothing.
    const int wanted = (int)(block_y() * 8 + warp()), token = (int)block_x();
    const int feature = min_int(wanted, p.features - 1);
    const float* source = static_cast<const float*>(p.source) + token * p.sourceStride;
    const float sum = exact_sum(p.weight, type, feature * p.weightStride, source, p.columns);
    const float up = p.up ? exact_sum(p.up, type, feature * p.upStride, source, p.columns) : 0.0f;
    if (lane() != 0 || wanted >= p.features) return;
    if (p.up) finish_gated(p, token, feature, sum, up);
    else finish(p, token, feature, sum);
}

KERNEL(linear_exact_f32, LinearParameters, 256, 1) { linear_exact(p, NumberF32); }
KERNEL(linear_exact_bf16, LinearParameters, 256, 1) { linear_exact(p, NumberBf16); }
KERNEL(linear_exact_f16, LinearParameters, 256, 1) { linear_exact(p, NumberF16); }
