// SPDX-License-Identifier: MIT
// One kernel source, three compilers:
//   nvcc                    device code, with the toolkit's own headers
//   clang++ -x cuda         device code, with no toolkit at all
//   clang++ -x c++          the emulator of kernels/emulator: a CUDA thread is a fiber, a launch is a function call
// Everything a kernel may say about the machine it runs on is declared here or in kernels/machine.
//
// House rules: blocks are one-dimensional and a multiple of 32; shared memory is one dynamic array, carved by offsets; warp operations are
// reached by whole warps; nothing returns before a barrier; a kernel takes one plain struct by value; addresses are counted in 64 bits.
// Products and sums are fused only where a kernel writes fma(): all three compilers are told not to contract.
#pragma once

#if defined(__clang__) && defined(__CUDA__)
#include "cu_clang.h"
#define CU_DEVICE_CODE 1
#elif defined(__CUDACC__)
#include "cu_nvcc.h"
#define CU_DEVICE_CODE 1
#else
#include "cu_host.h"
#define CU_DEVICE_CODE 0
#endif

typedef unsigned char u8;
typedef signed char s8;
typedef unsigned short u16;
typedef unsigned u32;
typedef unsigned long long u64;
typedef long long i64;

// Where the emulator's reports point to: a last parameter of every operation that can go wrong, which device code doesn't have.
#if CU_DEVICE_CODE
#define CU_SITE
#define CU_ONLY_SITE
#define CU_PASS_SITE
#else
#define CU_SITE , emulator::Site site = {__builtin_FILE(), __builtin_LINE()}
#define CU_ONLY_SITE emulator::Site site = {__builtin_FILE(), __builtin_LINE()}
#define CU_PASS_SITE , site
#endif

// Warpgroup products, tensor copies and phases: Hopper itself (compute_90a) and the emulator.
#if !CU_DEVICE_CODE || defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define CU_HOPPER 1
#endif

#define UNROLL _Pragma("unroll")

#define LANES 32

DEVICE u32 lane() { return thread_index() % LANES; }
DEVICE u32 warp() { return thread_index() / LANES; }

DEVICE u32 min_u32(u32 a, u32 b) { return a < b ? a : b; }
DEVICE int min_int(int a, int b) { return a < b ? a : b; }
DEVICE int max_int(int a, int b) { return a > b ? a : b; }
DEVICE float max_float(float a, float b) { return a > b ? a : b; }

#define NEGATIVE_INFINITY (-__builtin_huge_valf())
