// SPDX-License-Identifier: MIT
// Barriers: bar.sync for a block, bar.warp.sync for a warp. Each orders what its threads did to memory before it and do after it.
#pragma once

DEVICE void block_barrier(CU_ONLY_SITE)
{
#if CU_DEVICE_CODE
    asm volatile("bar.sync 0;" ::: "memory");
#else
    emulator::block_barrier(site);
#endif
}

DEVICE void warp_barrier(CU_ONLY_SITE)
{
#if CU_DEVICE_CODE
    asm volatile("bar.warp.sync 0xffffffff;" ::: "memory");
#else
    emulator::warp_barrier(site);
#endif
}
