// SPDX-License-Identifier: MIT
#include "emulator.h"

namespace emulator {

std::uint16_t float_to_bf16(float value)
{
    const unsigned bits = __builtin_bit_cast(unsigned, value);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fff;
    return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

std::uint16_t float_to_f16(float value)
{
    return __builtin_bit_cast(std::uint16_t, static_cast<_Float16>(value));
}

float f16_to_float(std::uint16_t bits)
{
    return static_cast<float>(__builtin_bit_cast(_Float16, bits));
}

}  // namespace emulator
