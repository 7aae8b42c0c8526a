// SPDX-License-Identifier: MIT
// A CUDA block on a CPU: every thread is a fiber that runs until it waits. What a wait means is decided here, and what a program must not do
// while waiting is found here: lanes in different operations, threads that never come, copies nobody waited for, writes past shared memory.
// Shared memory holds NaN until it is written. Warps, lanes and blocks run in an order shuffled by a seed.
//
// This file and its .cpp files are compiled without sanitizers, the kernels with them: a sanitizer then sees what kernels do to memory, and of
// synchronisation exactly what is declared here.
#pragma once

#include <cstddef>
#include <cstdint>

namespace emulator {

// A place in a kernel, for reports.
struct Site {
    const char* file;
    int line;
};

struct Block {
    unsigned index[3];
    unsigned grid[3];
    unsigned threads;
    unsigned char* shared;
    unsigned sharedBytes;
};

struct Thread {
    const Block* block;
    unsigned index;
};

// The thread whose fiber runs now.
extern thread_local Thread* current;

// A copy that was asked for and hasn't landed; no source means zeros.
struct Copy {
    void* shared;
    const void* global;
    Site site;
};

using Entry = void (*)(const void* parameters);

// What stands in a tensor map (machine/tensor_copies.cuh) of the emulated driver: 128 bytes. Elements have two bytes.
struct TensorMap {
    std::uint64_t mark;
    const void* base;
    std::uint64_t rows;
    std::uint64_t columns;
    std::uint64_t strideBytes;
    std::uint32_t boxRows;
    std::uint32_t boxColumns;
    std::uint32_t isSwizzled;
    std::uint32_t reserved[19];
};
static_assert(sizeof(TensorMap) == 128, "as the driver has it");

constexpr std::uint64_t TensorMapMark = 0x70616d20726f7465;

// A box that was asked for and hasn't landed.
struct BoxCopy {
    void* shared;
    const void* map;
    int column;
    int row;
    Site site;
};

// A product of a warpgroup (machine/warpgroup_products.cuh) that was asked for and isn't done.
struct Product {
    float* d;
    int numbers;
    const unsigned* a;
    std::uint64_t aOperand;
    std::uint64_t b;
    float (*widen)(std::uint16_t);
    Site site;
};

// A kernel puts itself on the list before main() or when the library is loaded.
struct Registration {
    Registration(const char* name, std::size_t parameterBytes, unsigned mostThreads, Entry entry);
};

// A kernel that ends without this has an error: see machine/dependent_launch.cuh.
void wait_for_predecessor();

void block_barrier(Site site);
void warp_barrier(Site site);
unsigned exchange_xor(unsigned value, int mask, Site site);
void mma(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], float (*widen)(std::uint16_t), Site site);

void queue_copy(void* shared, const void* global, Site site);
void commit_copies();
bool take_copy(int groupsLeft, Copy* copy);

void make_phases(void* barrier, unsigned arrivals);
void arrive(void* barrier, unsigned bytes, Site site);
void wait_for_phase(void* barrier, unsigned parity, Site site);
bool take_box(void* barrier, unsigned parity, BoxCopy* copy);
void pass_phase(void* barrier, unsigned parity);

void require_map(const void* map);
unsigned box_bytes(const BoxCopy& copy);
void queue_box(const BoxCopy& copy, void* barrier);

void begin_products();
void queue_product(const Product& product);
void commit_products();
float* take_product(int groupsLeft, Product* product);
void gather_rows(const Product& product, float (&rows)[2][16]);
void settle_products();

// One more arrival at a counter in global memory, as seen by all blocks: the count before it.
unsigned count_arrival(unsigned* counter);

void require_aligned(const void* address, unsigned bytes, Site site);

std::uint16_t float_to_bf16(float value);
std::uint16_t float_to_f16(float value);
float f16_to_float(std::uint16_t bits);
float exp2(float x);

// Runs a grid to its end on the calling thread. 0, or an error whose text is in `error`. Seed 0 runs everything in order.
int launch(int kernel, const unsigned grid[3], unsigned threads, unsigned sharedBytes, const void* parameters, unsigned seed, char* error, int errorBytes);
int find_kernel(const char* name);
int kernel_count();
const char* kernel_name(int kernel);
int parameter_bytes(int kernel);

}  // namespace emulator
