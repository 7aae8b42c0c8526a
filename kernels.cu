// SPDX-License-Identifier: MIT
// Every CUDA kernel of the house, one translation unit. Read it as a table of contents; docs/kernels.md tells how the parts fit.
#include "kernels/cu.h"

// One machine instruction (or family) a file, each with a twin for the emulator.
#include "kernels/machine/conversions.cuh"   // cvt between F32, BF16 and F16
#include "kernels/formats.cuh"               // the 16-bit formats as tags
#include "kernels/machine/dependent_launch.cuh" // griddepcontrol: a kernel that starts before its predecessor ends
#include "kernels/machine/barriers.cuh"      // bar.sync, bar.warp.sync
#include "kernels/machine/shuffles.cuh"      // shfl.sync, sums over a warp
#include "kernels/machine/loads.cuh"         // 16-byte loads and stores
#include "kernels/machine/cp_async.cuh"      // cp.async: global to shared memory past the registers
#include "kernels/machine/permute.cuh"       // prmt: bytes chosen by nibbles
#include "kernels/machine/mma.cuh"           // mma.sync.m16n8k16
#include "kernels/machine/phases.cuh"         // mbarrier: barriers that go through phases (Hopper)
#include "kernels/machine/tensor_copies.cuh"  // cp.async.bulk.tensor: boxes of a matrix to shared memory (Hopper)
#include "kernels/machine/warpgroup_products.cuh" // wgmma.m64n128k16 (Hopper)
#include "kernels/machine/approximate.cuh"   // ex2.approx

// Kernels, by the operation of IKernels that they serve.
#include "kernels/rows.cuh"             // embed, gather_rows, round_rows_*, copy_bytes, read_sum
#include "kernels/rms_norm.cuh"         // rms_norm, norm_rows_*
#include "kernels/linear.cuh"           // order of summation, what becomes of a sum
#include "kernels/activations.cuh"      // what the next two multiply by: rows as they are, rounded, or yet to be normalised
#include "kernels/linear_skinny.cuh"    // linear_skinny_*: up to 64 tokens, as fast as the weights can be read; linear_normed_*
#include "kernels/linear_blocks.cuh"    // linear_int8_*, linear_int4_*: weights in blocks; linear_normed_int*
#include "kernels/linear_tiled.cuh"     // linear_tiled_*: many tokens, the same bits
#include "kernels/linear_wgmma.cuh"     // linear_wgmma_*: the same bits again, on Hopper
#include "kernels/linear_exact.cuh"     // linear_exact_*: any shape, nothing rounded
#include "kernels/kv_pages.cuh"         // the paged cache
#include "kernels/rope_and_append.cuh"  // rope_and_append
#include "kernels/linear_rope.cuh"      // linear_rope_*: queries, keys and values, rotated and kept, of up to eight tokens
#include "kernels/attention_tiles.cuh"  // operands, tiles and the order in which a row's softmax is put together
#include "kernels/attention_warp.cuh"   // a warp's tile at work on one unit
#include "kernels/attention.cuh"        // attention_whole_*, attention_units_*, attention_combine
#include "kernels/attention_wgmma.cuh"  // attention_wgmma_d128: the same bits, many tokens, on Hopper
#include "kernels/attention_exact.cuh"  // attention_exact: over an F32 cache, nothing rounded
#include "kernels/argmax.cuh"           // argmax
#include "kernels/exponential.cuh"      // e^x in the bits of the CPU's sampler
#include "kernels/sample.cuh"           // sample: temperature, top-k, top-p, min-p, penalties, bias, masks, draw
