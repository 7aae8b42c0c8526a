// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "scheduler.h"

namespace emulator {

namespace {

struct Kernel {
    const char* name;
    std::size_t parameterBytes;
    unsigned mostThreads;
    Entry entry;
};

std::vector<Kernel>& kernels()
{
    static std::vector<Kernel> list;
    return list;
}

// A block's shared memory: NaN at the start, and a border behind it that nobody may touch.
class SharedMemory {
public:
    static constexpr unsigned BorderBytes = 1024;

    ~SharedMemory()
    {
        allow(_bytes, _size + BorderBytes);
        std::free(_bytes);
    }

    unsigned char* take(unsigned size)
    {
        constexpr std::size_t Alignment = 1024;
        allow(_bytes, _bytes ? _size + BorderBytes : 0);
        std::free(_bytes);
        _size = size;
        _bytes = static_cast<unsigned char*>(std::aligned_alloc(Alignment, (size + BorderBytes + Alignment - 1) / Alignment * Alignment));
        std::memset(_bytes + size, BorderByte, BorderBytes);
        return _bytes;
    }

    void poison()
    {
        std::memset(_bytes, 0xFF, _size);
        forbid(_bytes + _size, BorderBytes);
    }

    bool border_is_intact()
    {
        allow(_bytes + _size, BorderBytes);
        for (unsigned i = 0; i < BorderBytes; i++)
            if (_bytes[_size + i] != BorderByte) return false;
        return true;
    }

private:
    static constexpr unsigned char BorderByte = 0xA5;

    unsigned char* _bytes = nullptr;
    unsigned _size = 0;
};

thread_local SharedMemory sharedMemory;

int fail(const std::string& text, char* error, int errorBytes)
{
    if (error && errorBytes > 0) std::snprintf(error, static_cast<std::size_t>(errorBytes), "%s", text.c_str());
    return 1;
}

}  // namespace

Registration::Registration(const char* name, std::size_t parameterBytes, unsigned mostThreads, Entry entry)
{
    kernels().push_back({name, parameterBytes, mostThreads, entry});
}

int launch(int kernel, const unsigned grid[3], unsigned threads, unsigned sharedBytes, const void* parameters, unsigned seed, char* error, int errorBytes)
{
    if (kernel < 0 || kernel >= kernel_count()) return fail("there is no kernel " + std::to_string(kernel), error, errorBytes);
    const Kernel& k = kernels()[static_cast<std::size_t>(kernel)];
    if (threads == 0 || threads % Lanes != 0 || threads > k.mostThreads)
        return fail(std::string(k.name) + " takes a multiple of 32 threads up to " + std::to_string(k.mostThreads) + ", not " + std::to_string(threads), error, errorBytes);
    constexpr unsigned MostShared = 227 * 1024;
    if (sharedBytes > MostShared) return fail(std::string(k.name) + ": " + std::to_string(sharedBytes) + " bytes of shared memory are more than any device has", error, errorBytes);
    constexpr unsigned MostRows = 65535;
    if (grid[0] == 0 || grid[1] == 0 || grid[2] == 0 || grid[1] > MostRows || grid[2] > MostRows)
        return fail(std::string(k.name) + ": a grid of " + std::to_string(grid[0]) + " x " + std::to_string(grid[1]) + " x " + std::to_string(grid[2]) + " is none", error, errorBytes);

    std::vector<unsigned> order(static_cast<std::size_t>(grid[0]) * grid[1] * grid[2]);
    for (unsigned i = 0; i < order.size(); i++) order[i] = i;
    unsigned random = seed;
    for (std::size_t i = order.size(); random != 0 && i > 1; i--) {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        std::swap(order[i - 1], order[random % i]);
    }

    Block block = {{0, 0, 0}, {grid[0], grid[1], grid[2]}, threads, sharedMemory.take(sharedBytes), sharedBytes};
    for (unsigned i : order) {
        block.index[0] = i % grid[0];
        block.index[1] = i / grid[0] % grid[1];
        block.index[2] = i / grid[0] / grid[1];
        sharedMemory.poison();
        const bool well = scheduler.run(k.name, block, k.entry, parameters, random);
        const bool intact = sharedMemory.border_is_intact();
        if (!well) return fail(scheduler.error(), error, errorBytes);
        if (!intact)
            return fail(std::string(k.name) + ", block (" + std::to_string(block.index[0]) + ", " + std::to_string(block.index[1]) + ", "
                + std::to_string(block.index[2]) + ") wrote past its " + std::to_string(sharedBytes) + " bytes of shared memory", error, errorBytes);
    }
    return 0;
}

int find_kernel(const char* name)
{
    for (int i = 0; i < kernel_count(); i++)
        if (std::strcmp(kernel_name(i), name) == 0) return i;
    return -1;
}

int kernel_count() { return static_cast<int>(kernels().size()); }

const char* kernel_name(int kernel)
{
    return kernel >= 0 && kernel < kernel_count() ? kernels()[static_cast<std::size_t>(kernel)].name : nullptr;
}

int parameter_bytes(int kernel)
{
    return kernel >= 0 && kernel < kernel_count() ? static_cast<int>(kernels()[static_cast<std::size_t>(kernel)].parameterBytes) : -1;
}

}  // namespace emulator
