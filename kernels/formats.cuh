// SPDX-License-Identifier: MIT
// The 16-bit number formats as tags, and numbers whose format a parameter names.
#pragma once

struct Bf16 {};
struct F16 {};

DEVICE u32 pack(Bf16, float low, float high) { return pack_bf16(low, high); }
DEVICE u32 pack(F16, float low, float high) { return pack_f16(low, high); }

// As the C# side says it in parameters.
enum NumberType : int { NumberF32 = 0, NumberBf16 = 1, NumberF16 = 2 };

DEVICE float load_number(const void* numbers, int type, i64 index)
{
    if (type == NumberF32) return static_cast<const float*>(numbers)[index];
    const u16 bits = static_cast<const u16*>(numbers)[index];
    return type == NumberBf16 ? bf16_to_float(bits) : f16_to_float(bits);
}
