// SPDX-License-Identifier: MIT
// Loads and stores of 16 (and 8) bytes, the widest a thread can make. Addresses must be multiples of the size: the device would stop the
// kernel, the emulator says where.
#pragma once

// ld.global.nc with L1::no_allocate: for weights, which a step reads once. The memory must not change while the kernel runs.
DEVICE uint4 load16_streamed(const void* source CU_SITE)
{
#if CU_DEVICE_CODE
    u32 x, y, z, w;
    asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(x), "=r"(y), "=r"(z), "=r"(w) : "l"(global_address(source)));
    uint4 value = {x, y, z, w};
    return value;
#else
    emulator::require_aligned(source, 16, site);
    return *static_cast<const uint4*>(source);
#endif
}

DEVICE uint2 load8_streamed(const void* source CU_SITE)
{
#if CU_DEVICE_CODE
    u32 x, y;
    asm volatile("ld.global.nc.L1::no_allocate.v2.u32 {%0, %1}, [%2];" : "=r"(x), "=r"(y) : "l"(global_address(source)));
    uint2 value = {x, y};
    return value;
#else
    emulator::require_aligned(source, 8, site);
    return *static_cast<const uint2*>(source);
#endif
}

DEVICE uint4 load16(const void* source CU_SITE)
{
#if !CU_DEVICE_CODE
    emulator::require_aligned(source, 16, site);
#endif
    return *static_cast<const uint4*>(source);
}

DEVICE float4 load_float4(const float* source CU_SITE)
{
#if !CU_DEVICE_CODE
    emulator::require_aligned(source, 16, site);
#endif
    return *reinterpret_cast<const float4*>(source);
}

DEVICE void store16(void* destination, uint4 value CU_SITE)
{
#if !CU_DEVICE_CODE
    emulator::require_aligned(destination, 16, site);
#endif
    *static_cast<uint4*>(destination) = value;
}

DEVICE void store_float4(float* destination, float4 value CU_SITE)
{
#if !CU_DEVICE_CODE
    emulator::require_aligned(destination, 16, site);
#endif
    *reinterpret_cast<float4*>(destination) = value;
}
