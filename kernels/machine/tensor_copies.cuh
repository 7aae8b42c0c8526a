// SPDX-License-Identifier: MIT
// cp.async.bulk.tensor: one thread has a box of a matrix copied to shared memory; the bytes count towards a phase of a barrier. What matrix, which
// box and in which order of bytes, a tensor map says, which the driver encodes and which lies in global memory at a multiple of 64 bytes. Boxes are
// rows on end, zeros outside of the matrix; with maps that swizzle, sixteen-byte chunks of a row of 128 bytes are exchanged: bits 4 to 6 of an
// address in shared memory by exclusive or with bits 7 to 9.
// The emulator copies no sooner than somebody waits for the phase, and until then the destination holds NaN.
#pragma once

// Between ordinary stores to global memory and copies of what they stored, by whom ever, in another kernel too: the storing thread says it after its stores, the
// copying one before its copies. Nothing where there are no such copies.
DEVICE void let_copies_see_stores()
{
#if CU_DEVICE_CODE && defined(CU_HOPPER)
    asm volatile("fence.proxy.async.global;" ::: "memory");
#endif
}

#ifdef CU_HOPPER

DEVICE void prefetch_map(const void* map)
{
#if CU_DEVICE_CODE
    asm volatile("prefetch.tensormap [%0];" :: "l"(map) : "memory");
#else
    emulator::require_map(map);
#endif
}

// `shared` at a multiple of 1024 bytes if the map swizzles, else of 128.
DEVICE void copy_box_async(void* shared, const void* map, int column, int row, Phases* barrier CU_SITE)
{
#if CU_DEVICE_CODE
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];"
                 :: "r"(shared_address(shared)), "l"(map), "r"(column), "r"(row), "r"(shared_address(barrier)) : "memory");
#else
    const u32 bytes = emulator::box_bytes({shared, map, column, row, site});
    for (u32 i = 0; i < bytes / 16; i++) static_cast<uint4*>(shared)[i] = {~0u, ~0u, ~0u, ~0u};
    emulator::queue_box({shared, map, column, row, site}, barrier);
#endif
}

#endif
