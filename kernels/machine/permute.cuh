// SPDX-License-Identifier: MIT
// prmt.b32: four bytes chosen among the eight of `low` (numbers 0-3) and `high` (4-7), one by each of the selector's lower four nibbles, whose
// values are 0 to 7.
#pragma once

DEVICE u32 permute_bytes(u32 low, u32 high, u32 selector)
{
#if CU_DEVICE_CODE
    u32 result;
    asm("prmt.b32 %0, %1, %2, %3;" : "=r"(result) : "r"(low), "r"(high), "r"(selector));
    return result;
#else
    const u64 bytes = low | (u64)high << 32;
    u32 result = 0;
    for (int i = 0; i < 4; i++) result |= (u32)(bytes >> (selector >> 4 * i & 7) * 8 & 0xff) << 8 * i;
    return result;
#endif
}
