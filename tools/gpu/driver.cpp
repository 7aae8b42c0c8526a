// SPDX-License-Identifier: MIT
#include "driver.h"

#include <dlfcn.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <tuple>

namespace gpu {

namespace {

using Address = unsigned long long;

template <class... Arguments>
int call(void* library, const char* name, Arguments... arguments)
{
    void* symbol = dlsym(library, name);
    if (!symbol) fail(std::string("libcuda has no ") + name);
    return reinterpret_cast<int (*)(Arguments...)>(symbol)(arguments...);
}

template <class... Arguments>
void require(void* library, const char* name, Arguments... arguments)
{
    const int status = call(library, name, arguments...);
    if (status != 0) fail(std::string(name) + " gives status " + std::to_string(status));
}

Address address(const void* pointer) { return reinterpret_cast<Address>(pointer); }

}  // namespace

void fail(const std::string& what)
{
    std::fprintf(stderr, "%s\n", what.c_str());
    std::_Exit(2);
}

Driver& Driver::get()
{
    static Driver driver;
    return driver;
}

Driver::Driver()
{
    _library = dlopen("libcuda.so.1", RTLD_NOW);
    if (!_library) fail("no libcuda.so.1: no NVIDIA driver here");
    require(_library, "cuInit", 0u);
    require(_library, "cuDeviceGet", &_device, 0);
    require(_library, "cuDevicePrimaryCtxRetain", &_context, _device);
    require(_library, "cuCtxSetCurrent", _context);
    require(_library, "cuStreamCreate", &_stream, 1u);
}

void Driver::load(const char* modulePath)
{
    std::FILE* file = std::fopen(modulePath, "rb");
    if (!file) fail(std::string("no file ") + modulePath);
    std::string image;
    char buffer[65536];
    for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) image.append(buffer, n);
    std::fclose(file);
    char log[16384] = "";
    constexpr int ErrorLog = 5, ErrorLogBytes = 6;
    int options[] = {ErrorLog, ErrorLogBytes};
    void* values[] = {log, reinterpret_cast<void*>(sizeof log)};
    const int status = call(_library, "cuModuleLoadDataEx", &_module, static_cast<const void*>(image.c_str()), 2u, &options[0], &values[0]);
    if (status != 0) fail(std::string(modulePath) + " does not load: status " + std::to_string(status) + "\n" + log);
}

void* Driver::allocate_managed(std::size_t bytes)
{
    Address pointer = 0;
    constexpr unsigned Global = 1;
    require(_library, "cuMemAllocManaged", &pointer, bytes, Global);
    return reinterpret_cast<void*>(pointer);
}

void* Driver::allocate(std::size_t bytes)
{
    Address pointer = 0;
    require(_library, "cuMemAlloc_v2", &pointer, bytes);
    return reinterpret_cast<void*>(pointer);
}

void Driver::upload(void* device, const void* host, std::size_t bytes) { require(_library, "cuMemcpyHtoD_v2", address(device), host, bytes); }

void Driver::fill(void* device, unsigned char value, std::size_t bytes) { require(_library, "cuMemsetD8_v2", address(device), value, bytes); }

void Driver::copy(void* destination, const void* source, std::size_t bytes)
{
    require(_library, "cuMemcpyDtoDAsync_v2", address(destination), address(source), bytes, _stream);
}

const void* Driver::tensor_map(
    const void* base, std::size_t rows, std::size_t columns, std::size_t stride, unsigned boxRows, unsigned boxColumns, bool isSwizzled)
{
    constexpr std::size_t Bytes = 128, Most = 4096;
    static std::map<std::tuple<const void*, std::size_t, std::size_t, std::size_t, unsigned, bool>, const void*> known;
    static char* maps = static_cast<char*>(allocate(Bytes * Most));
    const auto key = std::make_tuple(base, rows, columns, stride, boxRows, isSwizzled);
    const auto found = known.find(key);
    if (found != known.end()) return found->second;
    if (known.size() == Most) fail("more than 4096 tensor maps");
    alignas(64) unsigned char map[Bytes];
    const std::uint64_t sizes[] = {columns, rows}, strides[] = {stride * 2};
    const unsigned box[] = {boxColumns, boxRows}, elementStrides[] = {1, 1}, rank = 2;
    constexpr int Uint16 = 1, NoInterleave = 0, Swizzle128 = 3, Promote128 = 2, Zeros = 0;
    require(_library, "cuTensorMapEncodeTiled", static_cast<void*>(map), Uint16, rank, const_cast<void*>(base), &sizes[0], &strides[0], &box[0], &elementStrides[0],
        NoInterleave, isSwizzled ? Swizzle128 : 0, Promote128, Zeros);
    char* place = maps + Bytes * known.size();
    upload(place, map, Bytes);
    return known[key] = place;
}

bool Driver::has(const char* kernel)
{
    void* function = nullptr;
    return call(_library, "cuModuleGetFunction", &function, _module, kernel) == 0;
}

void Driver::prefetch(const void* memory, std::size_t bytes) { require(_library, "cuMemPrefetchAsync", address(memory), bytes, _device, _stream); }

void* Driver::function(const char* kernel, unsigned sharedBytes)
{
    static std::map<std::string, void*> functions;
    void*& function = functions[kernel];
    if (!function) require(_library, "cuModuleGetFunction", &function, _module, kernel);
    constexpr int MaxDynamicShared = 8;
    constexpr unsigned WithoutAsking = 48 * 1024;
    if (sharedBytes > WithoutAsking) require(_library, "cuFuncSetAttribute", function, MaxDynamicShared, static_cast<int>(sharedBytes));
    return function;
}

std::string Driver::launch(const char* kernel, const unsigned grid[3], unsigned threads, unsigned sharedBytes, const void* parameters)
{
    void* arguments[] = {const_cast<void*>(parameters)};
    const int status = call(_library, "cuLaunchKernel", function(kernel, sharedBytes), grid[0], grid[1], grid[2], threads, 1u, 1u, sharedBytes, _stream,
        &arguments[0], static_cast<void**>(nullptr));
    return status == 0 ? "" : std::string(kernel) + ": launch gives status " + std::to_string(status);
}

std::string Driver::synchronize()
{
    const int status = call(_library, "cuStreamSynchronize", _stream);
    return status == 0 ? "" : "the device stopped with status " + std::to_string(status);
}

void Driver::begin_graph()
{
    constexpr int Relaxed = 2;
    require(_library, "cuStreamBeginCapture_v2", _stream, Relaxed);
}

void Driver::end_graph()
{
    void* captured = nullptr;
    require(_library, "cuStreamEndCapture", _stream, &captured);
    if (_graph) require(_library, "cuGraphExecDestroy", _graph);
    require(_library, "cuGraphInstantiateWithFlags", &_graph, captured, 0ull);
    require(_library, "cuGraphDestroy", captured);
}

float Driver::replay(int count)
{
    void *begin = nullptr, *end = nullptr;
    require(_library, "cuEventCreate", &begin, 0u);
    require(_library, "cuEventCreate", &end, 0u);
    require(_library, "cuEventRecord", begin, _stream);
    for (int i = 0; i < count; i++) require(_library, "cuGraphLaunch", _graph, _stream);
    require(_library, "cuEventRecord", end, _stream);
    require(_library, "cuEventSynchronize", end);
    float milliseconds = 0;
    require(_library, "cuEventElapsedTime", &milliseconds, begin, end);
    require(_library, "cuEventDestroy_v2", begin);
    require(_library, "cuEventDestroy_v2", end);
    return milliseconds;
}

std::string Driver::device_name()
{
    char name[256] = "";
    require(_library, "cuDeviceGetName", &name[0], 256, _device);
    return name;
}

int Driver::multiprocessors()
{
    int count = 0;
    constexpr int MultiprocessorCount = 16;
    require(_library, "cuDeviceGetAttribute", &count, MultiprocessorCount, _device);
    return count;
}

int Driver::driver_version()
{
    int version = 0;
    require(_library, "cuDriverGetVersion", &version);
    return version;
}

double Driver::clock_mhz()
{
    int kilohertz = 0;
    constexpr int ClockRate = 13;
    require(_library, "cuDeviceGetAttribute", &kilohertz, ClockRate, _device);
    return kilohertz / 1000.0;
}

}  // namespace gpu
