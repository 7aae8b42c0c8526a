// SPDX-License-Identifier: MIT
// wgmma.m64nNk16: the four warps of a warpgroup (128 threads, from a multiple of 128 on) multiply A [64, 16] by B [16, N], kept in shared memory, and add to D [64, N]
// in F32. N is 128 with A in registers, 64 with A in shared memory as well. A warp has sixteen rows; with g = lane / 4 and q = lane % 4 a lane holds
//   A  a[0] row g, columns 2q 2q+1   a[1] row g+8, the same   a[2] row g, columns 2q+8 2q+9   a[3] row g+8, the same     as mma.sync (mma.cuh)
//   D  d[4j] d[4j+1] row g, columns 8j+2q 8j+2q+1   d[4j+2] d[4j+3] row g+8, the same
// B lies column by column, sixteen of a column's 64 inputs: rows of 128 bytes, swizzled as tensor_copies.cuh says, from a multiple of 1024 bytes on; A in shared memory row
// by row likewise.
//
// Products are asked for and done later. Between asking and the wait D must not be touched and A not changed. A fence comes before the products of a group:
// it orders what was written to registers before them. The emulator multiplies no sooner than at the wait, and until then D holds NaN.
#pragma once

#ifdef CU_HOPPER

// A lane's share of D, for N of 128 and of 64.
#define PRODUCT_NUMBERS 64
#define SMALL_PRODUCT_NUMBERS 32

// Of a tile of B: its address, rows of 128 bytes that are swizzled, eight rows every 1024 bytes.
DEVICE u64 product_operand(const void* shared)
{
    return (u64)((shared_address(shared) & 0x3ffffu) >> 4) | (u64)1 << 16 | (u64)(1024 >> 4) << 32 | (u64)1 << 62;
}

// Of the next inputs of the same tile: sixteen of them are 32 bytes.
DEVICE u64 product_operand_at(u64 operand, int inputs) { return operand + (u64)(inputs * 2 >> 4); }

DEVICE void begin_products()
{
#if CU_DEVICE_CODE
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#else
    emulator::begin_products();
#endif
}

DEVICE void commit_products()
{
#if CU_DEVICE_CODE
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
#else
    emulator::commit_products();
#endif
}

#if CU_DEVICE_CODE

#define CU_PRODUCT(format) \
    asm volatile("{\n\t.reg .pred p;\n\tsetp.ne.b32 p, 1, 0;\n\twgmma.mma_async.sync.aligned.m64n128k16.f32." format "." format " {" \
    "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, " \
    "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, " \
    "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, " \
    "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63" \
    "}, {%64, %65, %66, %67}, %68, p, 1, 1, 0;\n\t}" : \
    "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]), \
    "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]), "+f"(d[15]), \
    "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]), "+f"(d[22]), "+f"(d[23]), \
    "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]), "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31]), \
    "+f"(d[32]), "+f"(d[33]), "+f"(d[34]), "+f"(d[35]), "+f"(d[36]), "+f"(d[37]), "+f"(d[38]), "+f"(d[39]), \
    "+f"(d[40]), "+f"(d[41]), "+f"(d[42]), "+f"(d[43]), "+f"(d[44]), "+f"(d[45]), "+f"(d[46]), "+f"(d[47]), \
    "+f"(d[48]), "+f"(d[49]), "+f"(d[50]), "+f"(d[51]), "+f"(d[52]), "+f"(d[53]), "+f"(d[54]), "+f"(d[55]), \
    "+f"(d[56]), "+f"(d[57]), "+f"(d[58]), "+f"(d[59]), "+f"(d[60]), "+f"(d[61]), "+f"(d[62]), "+f"(d[63]) : \
    "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b) : "memory")

#define CU_SMALL_PRODUCT(format) \
    asm volatile("{\n\t.reg .pred p;\n\tsetp.ne.b32 p, 1, 0;\n\twgmma.mma_async.sync.aligned.m64n64k16.f32." format "." format " {" \
    "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, " \
    "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31" \
    "}, %32, %33, p, 1, 1, 0, 0;\n\t}" : \
    "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]), \
    "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]), "+f"(d[15]), \
    "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]), "+f"(d[22]), "+f"(d[23]), \
    "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]), "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31]) : \
    "l"(a), "l"(b) : "memory")

#endif

// Of shared memory by shared memory.
DEVICE void ask_for_small_product(Bf16, float (&d)[SMALL_PRODUCT_NUMBERS], u64 a, u64 b CU_SITE)
{
#if CU_DEVICE_CODE
    CU_SMALL_PRODUCT("bf16");
#else
    emulator::queue_product({d, SMALL_PRODUCT_NUMBERS, nullptr, a, b, bf16_to_float, site});
#endif
}

DEVICE void ask_for_product(Bf16, float (&d)[PRODUCT_NUMBERS], const u32 (&a)[4], u64 b CU_SITE)
{
#if CU_DEVICE_CODE
    CU_PRODUCT("bf16");
#else
    emulator::queue_product({d, PRODUCT_NUMBERS, a, 0, b, bf16_to_float, site});
#endif
}

DEVICE void ask_for_product(F16, float (&d)[PRODUCT_NUMBERS], const u32 (&a)[4], u64 b CU_SITE)
{
#if CU_DEVICE_CODE
    CU_PRODUCT("f16");
#else
    emulator::queue_product({d, PRODUCT_NUMBERS, a, 0, b, f16_to_float, site});
#endif
}

#if !CU_DEVICE_CODE

// An element of an operand in shared memory, as its descriptor says.
static inline float element_of(const emulator::Product& product, u64 operand, u32 row, u32 k)
{
    const u32 start = (u32)(operand & 0x3fff) << 4, groupBytes = (u32)(operand >> 32 & 0x3fff) << 4, swizzles = (u32)(operand >> 62);
    u32 place = start + row / 8 * groupBytes + row % 8 * 128 + k * 2;
    if (swizzles == 1) place ^= (place >> 7 & 7) << 4;
    return product.widen(*reinterpret_cast<const u16*>(emulator::current->block->shared + place));
}

// This lane's part of a product: two rows of A, a quarter of the columns of B.
static inline void multiply(const emulator::Product& product, float* d)
{
    float rows[2][16];
    emulator::gather_rows(product, rows);
    for (u32 k = 0; product.a == nullptr && k < 16; k++)
        for (u32 i = 0; i < 2; i++) rows[i][k] = element_of(product, product.aOperand, warp() % 4 * 16 + lane() / 4 + 8 * i, k);
    for (int i = 0; i < product.numbers / 2; i++) {
        const u32 column = (u32)i / 2 * 8 + lane() % 4 * 2 + (u32)i % 2;
        float* low = d + i / 2 * 4 + i % 2;
        for (u32 k = 0; k < 16; k++) {
            const float b = element_of(product, product.b, column, k);
            low[0] += rows[0][k] * b;
            low[2] += rows[1][k] * b;
        }
    }
}

#endif

// All but the last so many groups are done after this.
template <int GroupsLeft>
DEVICE void wait_for_products()
{
#if CU_DEVICE_CODE
    asm volatile("wgmma.wait_group.sync.aligned %0;" :: "n"(GroupsLeft) : "memory");
#else
    float* d;
    for (emulator::Product product; (d = emulator::take_product(GroupsLeft, &product));) multiply(product, d);
    emulator::settle_products();
#endif
}

// What this thread stored to shared memory, products see after this and a barrier.
DEVICE void let_products_see_stores()
{
#if CU_DEVICE_CODE
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
#endif
}

// Nothing that reads or writes D moves across this: to compilers a product is done where it is asked for.
template <int Numbers>
DEVICE void pin_registers(float (&d)[Numbers])
{
#if CU_DEVICE_CODE
    UNROLL for (int i = 0; i < Numbers; i++) asm volatile("" : "+f"(d[i]) :: "memory");
#else
    (void)d;
#endif
}

#endif
