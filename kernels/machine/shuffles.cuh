// SPDX-License-Identifier: MIT
// Shuffles: shfl.sync.bfly, each lane of a whole warp gets the value of the lane whose number differs in the bits of `mask`.
// A shuffle moves registers; it doesn't order memory (warp_barrier does).
#pragma once

DEVICE u32 shuffle_xor(u32 value, int mask CU_SITE)
{
#if CU_DEVICE_CODE
    u32 result;
    asm volatile("shfl.sync.bfly.b32 %0, %1, %2, 31, 0xffffffff;" : "=r"(result) : "r"(value), "r"(mask));
    return result;
#else
    return emulator::exchange_xor(value, mask, site);
#endif
}

DEVICE float shuffle_xor(float value, int mask CU_SITE) { return bits_to_float(shuffle_xor(float_to_bits(value), mask CU_PASS_SITE)); }

DEVICE double shuffle_xor(double value, int mask CU_SITE)
{
    const u64 bits = double_to_bits(value);
    const u32 low = shuffle_xor((u32)bits, mask CU_PASS_SITE), high = shuffle_xor((u32)(bits >> 32), mask CU_PASS_SITE);
    return bits_to_double((u64)high << 32 | low);
}

// The sum over a warp, the same bits in every lane: lanes 16 apart, then 8, 4, 2 and 1.
DEVICE float warp_sum(float value CU_SITE)
{
    UNROLL for (int mask = 16; mask > 0; mask /= 2) value += shuffle_xor(value, mask CU_PASS_SITE);
    return value;
}
