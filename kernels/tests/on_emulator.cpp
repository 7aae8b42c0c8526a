// SPDX-License-Identifier: MIT
#include <deque>

#include "harness.h"

namespace tests {

const double Tolerance = 2e-6;
const int RandomShapes = 6;
const unsigned ShapeSeed = 77;

bool has_kernel(const char* name) { return emulator::find_kernel(name) >= 0; }

const void* encode_map(const Boxes& b)
{
    struct alignas(64) Map {
        emulator::TensorMap value;
    };
    static std::deque<Map> maps;
    maps.push_back({{emulator::TensorMapMark, b.base, b.rows, b.columns, b.stride * 2, b.boxRows, b.boxColumns, b.isSwizzled, {}}});
    return &maps.back();
}

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
