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

// Runs a kernel to its end where these tests run: on the emulator (on_emulator.cpp) or on a card (tools/gpu/on_device.cpp). The empty text, or
// what went wrong.
std::string launch_kernel(const Launch& launch, const void* parameters, std::size_t parameterBytes, unsigned seed);

// Whether there is such a kernel: those for Hopper are not in modules for other cards.
bool has_kernel(const char* name);

// Boxes of a matrix of 16-bit numbers, for kernels that have them copied.
struct Boxes {
    const void* base;
    std::size_t rows, columns, stride;
    unsigned boxRows, boxColumns;
    bool isSwizzled;
};

// Their tensor map, where kernels find it; kept until the program ends.
const void* encode_map(const Boxes& boxes);

// What sums may be off by, of the sum of their terms' magnitudes. Matrix units round inside a product more coarsely than the emulator does.
extern const double Tolerance;

// Beside the chosen shapes each family of kernels gets this many random ones.
extern const int RandomShapes;
extern const unsigned ShapeSeed;

template <class Parameters>
std::string run(const Launch& launch, const Parameters& parameters, unsigned seed)
{
    return launch_kernel(launch, &parameters, sizeof parameters, seed);
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
