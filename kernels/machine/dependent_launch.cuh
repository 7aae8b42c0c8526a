// SPDX-License-Identifier: MIT
// griddepcontrol: programmatic dependent launch, on Hopper and later. A kernel may be started while its predecessor still runs; then nothing that any
// predecessor writes may be read, and nothing that one reads be written, before the wait. Constant data may: weights on their way while the
// predecessor ends are the point of it. Every kernel waits, needing it or not: a kernel's end counts as its predecessors' end only if it does.
// Architectures without it start kernels one after the other, and both are nothing.
#pragma once

#if CU_DEVICE_CODE && defined(__CUDA_ARCH__)
#if __CUDA_ARCH__ >= 900
#define CU_DEPENDENT_LAUNCH 1
#endif
#endif

DEVICE void let_successor_start()
{
#ifdef CU_DEPENDENT_LAUNCH
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

DEVICE void wait_for_predecessor()
{
#ifdef CU_DEPENDENT_LAUNCH
    asm volatile("griddepcontrol.wait;" ::: "memory");
#elif !CU_DEVICE_CODE
    emulator::wait_for_predecessor();
#endif
}

// The beginning of a kernel that has nothing to do before the wait.
DEVICE void begin_after_predecessor()
{
    let_successor_start();
    wait_for_predecessor();
}
