// SPDX-License-Identifier: MIT
#include "harness.h"

namespace tests {

const double Tolerance = 2e-6;
const int RandomShapes = 6;
const unsigned ShapeSeed = 77;

std::string launch_kernel(const Launch& launch, const void* parameters, std::size_t parameterBytes, unsigned seed)
{
    const int kernel = emulator::find_kernel(launch.kernel);
    if (kernel < 0) return std::string("no kernel ") + launch.kernel;
    if (emulator::parameter_bytes(kernel) != static_cast<int>(parameterBytes)) return std::string("other parameters than those of ") + launch.kernel;
    char error[512] = "";
    emulator::launch(kernel, launch.grid, launch.threads, launch.sharedBytes, parameters, seed, error, sizeof error);
    return error;
}

}  // namespace tests
