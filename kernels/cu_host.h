// SPDX-License-Identifier: MIT
// cu.h for the emulator: a kernel is a function that registers itself by name.
#pragma once

#include "emulator/emulator.h"

#define DEVICE static inline __attribute__((always_inline))
#define DEVICE_MEMBER inline __attribute__((always_inline))

struct alignas(8) uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
struct alignas(8) float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };

DEVICE unsigned thread_index() { return emulator::current->index; }
DEVICE unsigned block_threads() { return emulator::current->block->threads; }
DEVICE unsigned block_x() { return emulator::current->block->index[0]; }
DEVICE unsigned block_y() { return emulator::current->block->index[1]; }
DEVICE unsigned block_z() { return emulator::current->block->index[2]; }
DEVICE unsigned grid_x() { return emulator::current->block->grid[0]; }

DEVICE float bits_to_float(unsigned bits) { return __builtin_bit_cast(float, bits); }
DEVICE unsigned float_to_bits(float value) { return __builtin_bit_cast(unsigned, value); }
DEVICE double bits_to_double(unsigned long long bits) { return __builtin_bit_cast(double, bits); }
DEVICE unsigned long long double_to_bits(double value) { return __builtin_bit_cast(unsigned long long, value); }
DEVICE float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
DEVICE float round_to_integer(float a) { return __builtin_rintf(a); }
DEVICE float square_root(float a) { return __builtin_sqrtf(a); }

// The block's shared memory begins at 0, at a multiple of 1024 bytes.
DEVICE unsigned shared_address(const void* p) { return (unsigned)(static_cast<const unsigned char*>(p) - emulator::current->block->shared); }

#define SHARED(name) unsigned char* name = emulator::current->block->shared

#define KERNEL(name, Parameters, threads, blocksPerMultiprocessor) \
    static_assert(sizeof(Parameters) <= 4096, "kernel parameters fit 4 KB"); \
    static void name(const Parameters& p); \
    static const emulator::Registration register_##name{ \
        #name, sizeof(Parameters), threads, [](const void* p) { name(*static_cast<const Parameters*>(p)); }}; \
    static void name(const Parameters& p)
