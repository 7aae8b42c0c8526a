// SPDX-License-Identifier: MIT
// e^x of the sampler, in the bits of Exponential (C#, Core): the same expression there in vectors.
#pragma once

// e to minus this is below the smallest positive float.
#define EXP_WEIGHTLESS 104.0f

// For x in (-104, 0]: 2^n e^r with n the nearest integer to x / ln 2; e^r by its series, which |r| <= 0.35 makes short. Within 2 units in the last place.
DEVICE float exp_of_negative(float x)
{
    const float n = round_to_integer(x * 1.44269504f);
    // ln 2 in two parts, the first of so few bits that its product with n is exact.
    const float r = fma(n, 2.12194440e-4f, fma(n, -0.693359375f, x));
    float sum = fma(r, 1.0f / 5040.0f, 1.0f / 720.0f);
    sum = fma(sum, r, 1.0f / 120.0f);
    sum = fma(sum, r, 1.0f / 24.0f);
    sum = fma(sum, r, 1.0f / 6.0f);
    sum = fma(sum, r, 0.5f);
    sum = fma(sum, r, 1.0f);
    sum = fma(sum, r, 1.0f);
    // In two steps: 2^n alone may be too small for a float.
    const int half = (int)n / 2, rest = (int)n - half;
    return sum * bits_to_float((u32)(half + 127) << 23) * bits_to_float((u32)(rest + 127) << 23);
}
