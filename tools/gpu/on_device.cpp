// SPDX-License-Identifier: MIT
// The native kernel tests (kernels/tests) on a real card. This file stands where on_emulator.cpp stood: it launches by the
// driver, and every `new` of the program is memory that both sides can read.
#include <cstdlib>
#include <new>
#include <utility>

#include "../../kernels/tests/tests.h"
#include "driver.h"

namespace {

// Until the driver is ready, and while it is asked for memory, memory is ordinary.
bool ready;
char* chunk;
std::size_t left;

void* take(std::size_t bytes)
{
    constexpr std::size_t Alignment = 256, ChunkBytes = std::size_t{1} << 30;
    if (!ready) return std::malloc(bytes);
    bytes = (bytes + Alignment - 1) / Alignment * Alignment;
    if (bytes > left) {
        ready = false;
        left = bytes > ChunkBytes ? bytes : ChunkBytes;
        chunk = static_cast<char*>(gpu::Driver::get().allocate_managed(left));
        ready = true;
    }
    left -= bytes;
    return std::exchange(chunk, chunk + bytes);
}

}  // namespace

// Nothing is given back: the tests end before a card is full.
void* operator new(std::size_t bytes) { return take(bytes); }
void* operator new[](std::size_t bytes) { return take(bytes); }
void operator delete(void*) noexcept {}
void operator delete[](void*) noexcept {}
void operator delete(void*, std::size_t) noexcept {}
void operator delete[](void*, std::size_t) noexcept {}

namespace tests {

const double Tolerance = 2e-5;
const int RandomShapes = 40;
const unsigned ShapeSeed = std::random_device()();

bool has_kernel(const char* name) { return gpu::Driver::get().has(name); }

const void* encode_map(const Boxes& b)
{
    gpu::Driver::get().prefetch(b.base, b.rows * b.stride * 2);
    return gpu::Driver::get().tensor_map(b.base, b.rows, b.columns, b.stride, b.boxRows, b.boxColumns, b.isSwizzled);
}

std::string launch_kernel(const Launch& launch, const void* parameters, std::size_t, unsigned)
{
    gpu::Driver& driver = gpu::Driver::get();
    const std::string error = driver.launch(launch.kernel, launch.grid, launch.threads, launch.sharedBytes, parameters);
    return error.empty() ? driver.synchronize() : error;
}

}  // namespace tests

int main(int count, char** words)
{
    if (count != 2) gpu::fail("usage: on-device MODULE");
    gpu::Driver::get().load(words[1]);
    ready = true;
    std::printf("random shapes from seed %u\n", tests::ShapeSeed);
    tests::row_tests();
    tests::linear_tests();
    tests::block_tests();
    tests::rope_linear_tests();
    tests::attention_tests();
    tests::attention_exact_tests();
    tests::attention_bytes_tests();
    tests::sample_tests();
    std::printf("%s: %d passed, %d failed\n", gpu::Driver::get().device_name().c_str(), tests::passed, tests::failed);
    return tests::failed == 0 ? 0 : 1;
}
