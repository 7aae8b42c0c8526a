// SPDX-License-Identifier: MIT
// cu.h for clang without a CUDA toolkit: keywords are attributes, special registers and shuffles are builtins.
#pragma once

#define __device__ __attribute__((device))
#define __global__ __attribute__((global))
#define __shared__ __attribute__((shared))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))
#define DEVICE static __device__ inline __attribute__((always_inline))
#define DEVICE_MEMBER __device__ inline __attribute__((always_inline))

// Vectors of the compiler, not structs: clang 19 splits the copy of a 16-byte struct into scalar accesses.
typedef unsigned uint2 __attribute__((ext_vector_type(2)));
typedef unsigned uint4 __attribute__((ext_vector_type(4)));
typedef float float2 __attribute__((ext_vector_type(2)));
typedef float float4 __attribute__((ext_vector_type(4)));

DEVICE unsigned thread_index() { return __nvvm_read_ptx_sreg_tid_x(); }
DEVICE unsigned block_threads() { return __nvvm_read_ptx_sreg_ntid_x(); }
DEVICE unsigned block_x() { return __nvvm_read_ptx_sreg_ctaid_x(); }
DEVICE unsigned block_y() { return __nvvm_read_ptx_sreg_ctaid_y(); }
DEVICE unsigned block_z() { return __nvvm_read_ptx_sreg_ctaid_z(); }
DEVICE unsigned grid_x() { return __nvvm_read_ptx_sreg_nctaid_x(); }

DEVICE float bits_to_float(unsigned bits) { return __builtin_bit_cast(float, bits); }
DEVICE unsigned float_to_bits(float value) { return __builtin_bit_cast(unsigned, value); }
DEVICE double bits_to_double(unsigned long long bits) { return __builtin_bit_cast(double, bits); }
DEVICE unsigned long long double_to_bits(double value) { return __builtin_bit_cast(unsigned long long, value); }
DEVICE float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
DEVICE float round_to_integer(float a) { return __builtin_rintf(a); }
DEVICE float square_root(float a) { return __builtin_sqrtf(a); }

DEVICE unsigned shared_address(const void* p) { return (unsigned)(unsigned long long)(const __attribute__((address_space(3))) void*)p; }
DEVICE unsigned long long global_address(const void* p) { return (unsigned long long)(const __attribute__((address_space(1))) void*)p; }

#define SHARED(name) extern __shared__ __attribute__((aligned(1024))) unsigned char cu_shared[]; unsigned char* name = cu_shared

#define KERNEL(name, Parameters, threads, blocksPerMultiprocessor) \
    static_assert(sizeof(Parameters) <= 4096, "kernel parameters fit 4 KB"); \
    extern "C" __global__ void __launch_bounds__(threads, blocksPerMultiprocessor) name(const Parameters p)
