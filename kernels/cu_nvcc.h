// SPDX-License-Identifier: MIT
// cu.h for nvcc, which brings keywords, vector types and special registers along.
#pragma once

#define DEVICE static __device__ __forceinline__
#define DEVICE_MEMBER __device__ __forceinline__

DEVICE unsigned thread_index() { return threadIdx.x; }
DEVICE unsigned block_threads() { return blockDim.x; }
DEVICE unsigned block_x() { return blockIdx.x; }
DEVICE unsigned block_y() { return blockIdx.y; }
DEVICE unsigned block_z() { return blockIdx.z; }
DEVICE unsigned grid_x() { return gridDim.x; }

DEVICE float bits_to_float(unsigned bits) { return __uint_as_float(bits); }
DEVICE unsigned float_to_bits(float value) { return __float_as_uint(value); }
DEVICE double bits_to_double(unsigned long long bits) { return __longlong_as_double((long long)bits); }
DEVICE unsigned long long double_to_bits(double value) { return (unsigned long long)__double_as_longlong(value); }
DEVICE float round_to_integer(float a) { return rintf(a); }
DEVICE float square_root(float a) { return sqrtf(a); }

DEVICE unsigned shared_address(const void* p) { return (unsigned)__cvta_generic_to_shared(p); }
DEVICE unsigned long long global_address(const void* p) { return __cvta_generic_to_global(p); }

#define SHARED(name) extern __shared__ __align__(1024) unsigned char cu_shared[]; unsigned char* name = cu_shared

#define KERNEL(name, Parameters, threads, blocksPerMultiprocessor) \
    static_assert(sizeof(Parameters) <= 4096, "kernel parameters fit 4 KB"); \
    extern "C" __global__ void __launch_bounds__(threads, blocksPerMultiprocessor) name(const Parameters p)
