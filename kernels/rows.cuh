// SPDX-License-Identifier: MIT
// Operations that take rows as they are: embed, gather_rows, round_rows, and memory as it is: copy_bytes, read_sum.
#pragma once

// embed : destination[t, :] = table[ids[t], :], widened to F32, exact
// shapes   destination [T, H] F32   table [V, H] F32, BF16 or F16   ids [T]
// tile     one block of 256 a token
// traffic  T * H * (4 + element) bytes: launch-bound at T=1
// oracle   ReferenceKernels.Embed
struct EmbedParameters {
    float* destination;
    i64 destinationStride;
    const void* table;
    i64 tableStride;
    const int* ids;
    int tableType;
    int columns;
};
static_assert(sizeof(EmbedParameters) == 48, "as in C#");

KERNEL(embed, EmbedParameters, 256, 1)
{
    begin_after_predecessor();
    const i64 row = (i64)p.ids[block_x()] * p.tableStride;
    float* destination = p.destination + block_x() * p.destinationStride;
    for (int i = (int)thread_index(); i < p.columns; i += 256) destination[i] = load_number(p.table, p.tableType, row + i);
}

// gather_rows : destination[r, :] = source[rows[r], :], exact
// shapes   destination [R, H], source [T, H] F32   rows [R]
// tile     one block of 256 a row
// traffic  8 * R * H bytes
// oracle   ReferenceKernels.GatherRows
struct GatherRowsParameters {
    float* destination;
    i64 destinationStride;
    const float* source;
    i64 sourceStride;
    const int* rows;
    int columns;
    int reserved;
};
static_assert(sizeof(GatherRowsParameters) == 48, "as in C#");

KERNEL(gather_rows, GatherRowsParameters, 256, 1)
{
    begin_after_predecessor();
    const float* source = p.source + p.rows[block_x()] * p.sourceStride;
    float* destination = p.destination + block_x() * p.destinationStride;
    for (int i = (int)thread_index(); i < p.columns; i += 256) destination[i] = source[i];
}

// round_rows_bf16, round_rows_f16 : destination[t, :] = source[t, :] to 16 bits, nearest, ties to even; zeros up to a multiple of 8 columns, or of
//          32 in the order of products
// shapes   destination [T, H rounded up] BF16 or F16   source [T, H] F32
// tile     one block of 256 a row
// traffic  6 * T * H bytes
// oracle   BFloat16.FromSingle, (Half)x
struct RoundRowsParameters {
    u16* destination;
    i64 destinationStride;
    const float* source;
    i64 sourceStride;
    int columns;
    int order;
};
static_assert(sizeof(RoundRowsParameters) == 40, "as in C#");

// In which order a row's numbers are kept: as they are, or as the products of a step take them (linear.cuh), which warpgroup products, who know no
// permutation of their own, read from shared memory.
enum RowOrder : int { OrderAsItIs = 0, OrderOfProducts = 1 };

// Sixteen numbers of a product come from four runs of eight: the lower halves first, pairs before pairs.
DEVICE int place_in_row(int column, int order)
{
    const int run = column / 8 % 4, inRun = column % 8;
    return order == OrderAsItIs ? column : column / 32 * 32 + inRun / 4 * 16 + inRun / 2 % 2 * 8 + run * 2 + inRun % 2;
}

DEVICE int padded_columns(int columns, int order) { return order == OrderAsItIs ? (columns + 7) & ~7 : (columns + 31) & ~31; }

template <class Format>
DEVICE void round_row(Format format, const RoundRowsParameters& p)
{
    begin_after_predecessor();
    const float* source = p.source + block_x() * p.sourceStride;
    u16* destination = p.destination + block_x() * p.destinationStride;
    for (int i = (int)thread_index(); i < padded_columns(p.columns, p.order); i += 256)
        destination[place_in_row(i, p.order)] = i < p.columns ? (u16)pack(format, source[i], 0.0f) : (u16)0;
    let_copies_see_stores();
}

KERNEL(round_rows_bf16, RoundRowsParameters, 256, 1) { round_row(Bf16(), p); }
KERNEL(round_rows_f16, RoundRowsParameters, 256, 1) { round_row(F16(), p); }

// copy_bytes : destination[0..count) = source[0..count), for a page of the cache inside a captured step
// shapes   addresses and count are multiples of 16
// tile     any grid, blocks of 256, 16 bytes a thread and turn
// traffic  2 * count bytes
// oracle   memcpy
struct CopyBytesParameters {
    u8* destination;
    const u8* source;
    i64 count;
};
static_assert(sizeof(CopyBytesParameters) == 24, "as in C#");

KERNEL(copy_bytes, CopyBytesParameters, 256, 1)
{
    begin_after_predecessor();
    const i64 step = (i64)grid_x() * 256 * 16;
    for (i64 i = ((i64)block_x() * 256 + thread_index()) * 16; i < p.count; i += step) store16(p.destination + i, load16(p.source + i));
}

// read_sum : reads source[0..count) and writes a few numbers nobody wants: what a card can read, for the benches to compare with
// shapes   as copy_bytes; destination takes 4 bytes a thread of the grid
// tile     any grid, blocks of 256, sixteen bytes a thread and turn, eight turns in flight
// traffic  count bytes
// oracle   none
KERNEL(read_sum, CopyBytesParameters, 256, 2)
{
    begin_after_predecessor();
    constexpr int Turns = 8;
    const i64 step = (i64)grid_x() * 256 * 16;
    u32 mixed = 0;
    for (i64 at = ((i64)block_x() * 256 + thread_index()) * 16; at < p.count; at += Turns * step) {
        uint4 loaded[Turns];
        UNROLL for (int i = 0; i < Turns; i++) {
            const uint4 none = {0, 0, 0, 0};
            loaded[i] = at + i * step < p.count ? load16_streamed(p.source + at + i * step) : none;
        }
        UNROLL for (int i = 0; i < Turns; i++) mixed ^= loaded[i].x ^ loaded[i].y ^ loaded[i].z ^ loaded[i].w;
    }
    reinterpret_cast<u32*>(p.destination)[block_x() * 256 + thread_index()] = mixed;
}
