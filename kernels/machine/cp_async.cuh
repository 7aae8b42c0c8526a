// SPDX-License-Identifier: MIT
// cp.async: 16 bytes from global to shared memory past the registers. A thread's copies since its last commit are a group; waiting for
// "all but the last N groups" makes a group's bytes visible to this thread, a barrier after that to the others.
// The emulator copies no sooner than at the wait, and until then the destination holds NaN.
#pragma once

// `present` false writes zeros and reads nothing.
DEVICE void copy16_async(void* shared, const void* global, bool present CU_SITE)
{
#if CU_DEVICE_CODE
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
                 :: "r"(shared_address(shared)), "l"(global_address(global)), "r"(present ? 16 : 0) : "memory");
#else
    emulator::require_aligned(shared, 16, site);
    emulator::require_aligned(global, 16, site);
    emulator::queue_copy(shared, present ? global : nullptr, site);
    *static_cast<uint4*>(shared) = {~0u, ~0u, ~0u, ~0u};
#endif
}

DEVICE void commit_copies()
{
#if CU_DEVICE_CODE
    asm volatile("cp.async.commit_group;" ::: "memory");
#else
    emulator::commit_copies();
#endif
}

template <int GroupsLeft>
DEVICE void wait_for_copies()
{
#if CU_DEVICE_CODE
    asm volatile("cp.async.wait_group %0;" :: "n"(GroupsLeft) : "memory");
#else
    for (emulator::Copy copy; emulator::take_copy(GroupsLeft, &copy);)
        *static_cast<uint4*>(copy.shared) = copy.global ? *static_cast<const uint4*>(copy.global) : uint4{0, 0, 0, 0};
#endif
}
