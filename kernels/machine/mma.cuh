// SPDX-License-Identifier: MIT
// mma.sync.m16n8k16: a warp multiplies A [16, 16] by B [16, 8] and adds to D [16, 8] in F32. With g = lane / 4 and q = lane % 4 a lane holds
//   A  a[0] row g, columns 2q 2q+1   a[1] row g+8, the same   a[2] row g, columns 2q+8 2q+9   a[3] row g+8, the same
//   B  b[0] rows 2q 2q+1, column g   b[1] rows 2q+8 2q+9, column g
//   D  d[0] d[1] row g, columns 2q 2q+1   d[2] d[3] row g+8, the same
// Two 16-bit numbers to a register, the lower one first. Element types are tags: Bf16, F16 (formats.cuh).
#pragma once

DEVICE void mma(Bf16, float (&d)[4], const u32 (&a)[4], const u32 (&b)[2] CU_SITE)
{
#if CU_DEVICE_CODE
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
    emulator::mma(d, a, b, bf16_to_float, site);
#endif
}

DEVICE void mma(F16, float (&d)[4], const u32 (&a)[4], const u32 (&b)[2] CU_SITE)
{
#if CU_DEVICE_CODE
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
    emulator::mma(d, a, b, f16_to_float, site);
#endif
}
