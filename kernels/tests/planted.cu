// SPDX-License-Identifier: MIT
// Small kernels, each right and with one bug: what the emulator and the sanitizers must find. `planted` says whether the bug is there.
#include "kernels/cu.h"

#include "kernels/machine/conversions.cuh"
#include "kernels/formats.cuh"
#include "kernels/machine/dependent_launch.cuh"
#include "kernels/machine/barriers.cuh"
#include "kernels/machine/shuffles.cuh"
#include "kernels/machine/loads.cuh"
#include "kernels/machine/cp_async.cuh"
#include "kernels/machine/mma.cuh"

#include "kernels/tests/planted.h"

// Every thread gets its mirror image's number: output[i] = input[255 - i].
KERNEL(missing_barrier, PlantedParameters, 256, 1)
{
    begin_after_predecessor();
    SHARED(shared);
    float* values = reinterpret_cast<float*>(shared);
    values[thread_index()] = p.input[thread_index()];
    if (!p.planted) block_barrier();
    p.output[thread_index()] = values[255 - thread_index()];
}

// The same twice; the second round must not overwrite what others still read.
KERNEL(write_after_read, PlantedParameters, 256, 1)
{
    begin_after_predecessor();
    SHARED(shared);
    float* values = reinterpret_cast<float*>(shared);
    float sum = 0.0f;
    for (int round = 0; round < 2; round++) {
        values[thread_index()] = p.input[thread_index()] * (float)round;
        block_barrier();
        sum += values[255 - thread_index()];
        if (!p.planted) block_barrier();
    }
    p.output[thread_index()] = sum;
}

KERNEL(missing_warp_barrier, PlantedParameters, 256, 1)
{
    begin_after_predecessor();
    SHARED(shared);
    float* values = reinterpret_cast<float*>(shared) + warp() * LANES;
    values[lane()] = p.input[thread_index()];
    if (!p.planted) warp_barrier();
    p.output[255 - thread_index()] = values[31 - lane()];
    // A shuffle brings lanes together and yet orders no memory.
    shuffle_xor(1.0f, 1);
}

KERNEL(lax_wait, PlantedParameters, 256, 1)
{
    begin_after_predecessor();
    SHARED(shared);
    float* values = reinterpret_cast<float*>(shared);
    if (thread_index() < 64) copy16_async(shared + thread_index() * 16, p.input + thread_index() * 4, true);
    commit_copies();
    if (p.planted) wait_for_copies<1>();
    else wait_for_copies<0>();
    block_barrier();
    p.output[thread_index()] = values[255 - thread_index()];
    wait_for_copies<0>();
}

KERNEL(past_shared_memory, PlantedParameters, 256, 1)
{
    begin_after_predecessor();
    SHARED(shared);
    float* values = reinterpret_cast<float*>(shared);
    values[thread_index() + (p.planted ? 1 : 0)] = p.input[thread_index()];
    block_barrier();
    p.output[255 - thread_index()] = values[thread_index() + (p.planted ? 1 : 0)];
}

KERNEL(past_global_memory, PlantedParameters, 256, 1)
{
    begin_after_predecessor();
    p.output[255 - thread_index()] = p.input[thread_index() + (p.planted ? 1 : 0)];
    if (p.planted) p.output[255 - thread_index()] = p.input[thread_index()];
}

// Sixteen numbers to a fragment's rows; all B is one, so each row of D is sixteen times its number.
KERNEL(wrong_fragment, PlantedParameters, 256, 1)
{
    begin_after_predecessor();
    const int g = (int)lane() / 4, q = (int)lane() % 4;
    const float* input = p.input + warp() * 16;
    const u32 low = pack_bf16(input[g], input[g]), high = pack_bf16(input[g + 8], input[g + 8]), one = pack_bf16(1.0f, 1.0f);
    const u32 right[4] = {low, high, low, high}, wrong[4] = {low, low, high, high}, b[2] = {one, one};
    float d[4] = {};
    if (p.planted) mma(Bf16(), d, wrong, b);
    else mma(Bf16(), d, right, b);
    if (q == 0) {
        p.output[warp() * 16 + g] = d[0];
        p.output[warp() * 16 + g + 8] = d[2];
    }
}

KERNEL(divergent_barrier, PlantedParameters, 256, 1)
{
    begin_after_predecessor();
    p.output[255 - thread_index()] = p.input[thread_index()];
    if (!p.planted || thread_index() < 100) block_barrier();
}

KERNEL(missing_warp, PlantedParameters, 256, 1)
{
    begin_after_predecessor();
    p.output[255 - thread_index()] = p.input[thread_index()];
    if (!p.planted || warp() != 3) block_barrier();
}

KERNEL(different_operations, PlantedParameters, 256, 1)
{
    begin_after_predecessor();
    p.output[255 - thread_index()] = p.input[thread_index()];
    if (p.planted && lane() < 16) shuffle_xor(1.0f, 1);
    else warp_barrier();
}

KERNEL(missing_lane, PlantedParameters, 256, 1)
{
    begin_after_predecessor();
    p.output[255 - thread_index()] = p.input[thread_index()];
    if (p.planted && lane() == 7) return;
    shuffle_xor(1.0f, 1);
}

KERNEL(misaligned_load, PlantedParameters, 256, 1)
{
    begin_after_predecessor();
    p.output[255 - thread_index()] = p.input[thread_index()];
    if (thread_index() == 5) p.output[250] = bits_to_float(load16(p.input + 4 + (p.planted ? 1 : 0)).y);
}

KERNEL(forgotten_copy, PlantedParameters, 256, 1)
{
    begin_after_predecessor();
    SHARED(shared);
    p.output[255 - thread_index()] = p.input[thread_index()];
    if (thread_index() < 64) copy16_async(shared + thread_index() * 16, p.input + thread_index() * 4, true);
    commit_copies();
    if (!p.planted) wait_for_copies<0>();
}

KERNEL(missing_wait_for_predecessor, PlantedParameters, 256, 1)
{
    let_successor_start();
    if (!p.planted) wait_for_predecessor();
    p.output[255 - thread_index()] = p.input[thread_index()];
}
