// SPDX-License-Identifier: MIT
// Approximate functions of the special function unit. Within 2 units in the last place; results below 2^-126 are zero.
#pragma once

// 2^x.
DEVICE float exp2_approximate(float x)
{
#if CU_DEVICE_CODE
    float result;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
    return result;
#else
    return emulator::exp2(x);
#endif
}
