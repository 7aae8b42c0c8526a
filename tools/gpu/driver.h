// SPDX-License-Identifier: MIT
// The little of the CUDA driver that the tests and benches of this folder need, taken from libcuda at run time: no toolkit's header, no
// library to link.
#pragma once

#include <cstddef>
#include <string>

namespace gpu {

// Ends the program, saying which call failed.
[[noreturn]] void fail(const std::string& what);

class Driver {
public:
    // The first device and its primary context; ends the program if there is none.
    static Driver& get();

    void load(const char* modulePath);

    // Readable and writable by both sides.
    void* allocate_managed(std::size_t bytes);
    void* allocate(std::size_t bytes);
    void upload(void* device, const void* host, std::size_t bytes);
    void fill(void* device, unsigned char value, std::size_t bytes);
    void copy(void* destination, const void* source, std::size_t bytes);

    // A tensor map of boxes of a matrix of 16-bit numbers, in device memory; kept until the program ends. Asked for again, the same one.
    const void* tensor_map(const void* base, std::size_t rows, std::size_t columns, std::size_t stride, unsigned boxRows, unsigned boxColumns, bool isSwizzled);
    bool has(const char* kernel);
    // Memory that both sides read goes to the device now.
    void prefetch(const void* memory, std::size_t bytes);

    // Empty, or what went wrong.
    std::string launch(const char* kernel, const unsigned grid[3], unsigned threads, unsigned sharedBytes, const void* parameters);
    std::string synchronize();

    // What is launched between begin and end becomes one graph; milliseconds of `count` replays.
    void begin_graph();
    void end_graph();
    float replay(int count);

    std::string device_name();
    int multiprocessors();
    int driver_version();
    double clock_mhz();

private:
    Driver();
    void* function(const char* kernel, unsigned sharedBytes);

    void* _library;
    void* _context = nullptr;
    void* _module = nullptr;
    void* _stream = nullptr;
    void* _graph = nullptr;
    int _device = 0;
};

}  // namespace gpu
