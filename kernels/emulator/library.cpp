// SPDX-License-Identifier: MIT
// The emulator as a C library: what the tests' stand-in for the CUDA driver calls.
#include "emulator.h"

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED int phi4_emulator_kernel_count() { return emulator::kernel_count(); }

EXPORTED const char* phi4_emulator_kernel_name(int kernel) { return emulator::kernel_name(kernel); }

// -1 if there is none of that name.
EXPORTED int phi4_emulator_find(const char* name) { return emulator::find_kernel(name); }

EXPORTED int phi4_emulator_parameter_bytes(int kernel) { return emulator::parameter_bytes(kernel); }

EXPORTED int phi4_emulator_launch(
    int kernel, const unsigned grid[3], unsigned block, unsigned sharedBytes, const void* parameters, unsigned seed, char* error, int errorBytes)
{
    return emulator::launch(kernel, grid, block, sharedBytes, parameters, seed, error, errorBytes);
}
