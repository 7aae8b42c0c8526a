// SPDX-License-Identifier: MIT
// mbarrier: a barrier in shared memory that goes through phases. A phase ends when as many threads have arrived as the barrier was made for and
// all bytes have landed that were announced for it (tensor_copies.cuh). Phases are told apart by parity: the first has 0. A wait names the parity
// of the phase whose end it wants; a wait for the parity that the present phase has not is over at once.
//
// An arrival orders what its thread did before it, a wait what its thread does after it. Whole warps wait; single lanes may arrive.
#pragma once

#ifdef CU_HOPPER

typedef u64 Phases;

// Before anybody uses it, by one thread; publish_phases by the same thread and a block barrier make it known.
DEVICE void make_phases(Phases* barrier, u32 arrivals CU_SITE)
{
#if CU_DEVICE_CODE
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" :: "r"(shared_address(barrier)), "r"(arrivals) : "memory");
#else
    emulator::require_aligned(barrier, 8, site);
    emulator::make_phases(barrier, arrivals);
#endif
}

// Also for the engine that copies.
DEVICE void publish_phases()
{
#if CU_DEVICE_CODE
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
#endif
}

DEVICE void arrive(Phases* barrier CU_SITE)
{
#if CU_DEVICE_CODE
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" :: "r"(shared_address(barrier)) : "memory");
#else
    emulator::arrive(barrier, 0, site);
#endif
}

// Arrives, and announces bytes that the present phase is to wait for.
DEVICE void arrive_expecting(Phases* barrier, u32 bytes CU_SITE)
{
#if CU_DEVICE_CODE
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" :: "r"(shared_address(barrier)), "r"(bytes) : "memory");
#else
    emulator::arrive(barrier, bytes, site);
#endif
}

#if !CU_DEVICE_CODE

// What a tensor copy does, by the manual: a box of a matrix, zeros outside of the matrix, sixteen-byte chunks exchanged within rows of 128 bytes.
static inline void land_box(const emulator::BoxCopy& copy)
{
    const emulator::TensorMap& map = *static_cast<const emulator::TensorMap*>(copy.map);
    unsigned char* shared = emulator::current->block->shared;
    for (unsigned row = 0; row < map.boxRows; row++)
        for (unsigned chunk = 0; chunk < map.boxColumns / 8; chunk++) {
            alignas(16) u16 numbers[8];
            for (unsigned i = 0; i < 8; i++) {
                const u64 x = (u64)copy.column + chunk * 8 + i, y = (u64)copy.row + row;
                numbers[i] = x < map.columns && y < map.rows ? reinterpret_cast<const u16*>(static_cast<const u8*>(map.base) + y * map.strideBytes)[x] : (u16)0;
            }
            u32 place = shared_address(copy.shared) + (row * map.boxColumns + chunk * 8) * 2;
            if (map.isSwizzled) place ^= (place >> 7 & 7) << 4;
            *reinterpret_cast<uint4*>(shared + place) = *reinterpret_cast<const uint4*>(numbers);
        }
}

#endif

DEVICE void wait_for_phase(Phases* barrier, u32 parity CU_SITE)
{
#if CU_DEVICE_CODE
    const u32 address = shared_address(barrier);
    u32 isOver;
    do {
        asm volatile("{\n\t.reg .pred p;\n\tmbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\n\tselp.u32 %0, 1, 0, p;\n\t}"
                     : "=r"(isOver) : "r"(address), "r"(parity) : "memory");
    } while (isOver == 0);
#else
    // Copies land no sooner than somebody waits for them.
    emulator::wait_for_phase(barrier, parity, site);
    for (emulator::BoxCopy copy; emulator::take_box(barrier, parity, &copy);) land_box(copy);
    emulator::pass_phase(barrier, parity);
#endif
}

#endif
