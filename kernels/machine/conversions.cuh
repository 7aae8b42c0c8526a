// SPDX-License-Identifier: MIT
// cvt between F32 and the 16-bit formats, to nearest, ties to even.
#pragma once

DEVICE float bf16_to_float(u16 bits) { return bits_to_float((u32)bits << 16); }

DEVICE u32 pack_bf16(float low, float high)
{
#if CU_DEVICE_CODE
    u32 result;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
    return result;
#else
    return emulator::float_to_bf16(low) | (u32)emulator::float_to_bf16(high) << 16;
#endif
}

DEVICE u16 float_to_bf16(float value) { return (u16)pack_bf16(value, 0.0f); }

DEVICE float f16_to_float(u16 bits)
{
#if CU_DEVICE_CODE
    float result;
    asm("cvt.f32.f16 %0, %1;" : "=f"(result) : "h"(bits));
    return result;
#else
    return emulator::f16_to_float(bits);
#endif
}

DEVICE u32 pack_f16(float low, float high)
{
#if CU_DEVICE_CODE
    u32 result;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
    return result;
#else
    return emulator::float_to_f16(low) | (u32)emulator::float_to_f16(high) << 16;
#endif
}
