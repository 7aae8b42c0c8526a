// SPDX-License-Identifier: MIT
// What the native kernel tests stand on: launches under several seeds, random data, counts of what sanitizers and checks found.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "../emulator/emulator.h"

namespace tests {

inline int sanitizerReports = 0;
inline int passed = 0;
inline int failed = 0;

inline void check(bool holds, const std::string& name, const std::string& why = "")
{
    (holds ? passed : failed)++;
    if (!holds) std::printf("FAILED %s %s\n", name.c_str(), why.c_str());
}

struct Launch {
    const char* kernel;
    unsigned grid[3];
    unsigned threads;
    unsigned sharedBytes;
};

// The empty text, or what the emulator found.
template <class Parameters>
std::string run(const Launch& launch, const Parameters& parameters, unsigned seed)
{
    const int kernel = emulator::find_kernel(launch.kernel);
    if (kernel < 0) return std::string("no kernel ") + launch.kernel;
    if (emulator::parameter_bytes(kernel) != static_cast<int>(sizeof(Parameters))) return std::string("wrong parameters for ") + launch.kernel;
    char error[512] = "";
    emulator::launch(kernel, launch.grid, launch.threads, launch.sharedBytes, &parameters, seed, error, sizeof error);
    return error;
}

class Random {
public:
    explicit Random(unsigned seed) : _engine(seed) {}
    float normal() { return std::normal_distribution<float>()(_engine); }
    int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(_engine); }
    std::vector<float> normals(std::size_t count)
    {
        std::vector<float> values(count);
        for (float& value : values) value = normal();
        return values;
    }

private:
    std::mt19937 _engine;
};

inline float widen(std::uint16_t bits) { return __builtin_bit_cast(float, static_cast<unsigned>(bits) << 16); }

inline std::vector<std::uint16_t> to_bf16(const std::vector<float>& values)
{
    std::vector<std::uint16_t> rounded;
    for (float value : values) rounded.push_back(emulator::float_to_bf16(value));
    return rounded;
}

inline std::vector<std::uint16_t> to_f16(const std::vector<float>& values)
{
    std::vector<std::uint16_t> rounded;
    for (float value : values) rounded.push_back(emulator::float_to_f16(value));
    return rounded;
}

inline bool same_bits(const std::vector<float>& a, const std::vector<float>& b)
{
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); i++)
        if (__builtin_bit_cast(unsigned, a[i]) != __builtin_bit_cast(unsigned, b[i])) return false;
    return true;
}

inline unsigned up(int count, int unit) { return static_cast<unsigned>((count + unit - 1) / unit); }

}  // namespace tests
