// SPDX-License-Identifier: MIT
// Benches of the kernels in phi-4's shapes: bench MODULE [OUTPUT.json]. Each line has the time, what it moves or computes, and its share of the
// best that this card did in the same run: of reading (a sum over 4 GiB), or of the matrix peak that the command line names (--peak TFLOPS).
// Weights are random and rotate through more memory than four level-2 caches hold. A figure is the median of nine graph replays.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "../../kernels/tests/parameters.h"
#include "driver.h"

namespace {

using namespace tests;

constexpr int Hidden = 5120, QueryHeads = 40, KvHeads = 10, HeadSize = 128, Mlp = 17920, Vocabulary = 100352, Layers = 40;
constexpr int Qkv = (QueryHeads + 2 * KvHeads) * HeadSize;

gpu::Driver& driver() { return gpu::Driver::get(); }

unsigned up(long long count, int unit) { return static_cast<unsigned>((count + unit - 1) / unit); }

void must(const std::string& error)
{
    if (!error.empty()) gpu::fail(error);
}

template <class Parameters>
void launch(const char* kernel, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned sharedBytes, const Parameters& parameters)
{
    const unsigned grid[3] = {x, y, z};
    must(driver().launch(kernel, grid, threads, sharedBytes, &parameters));
}

// Random BF16 numbers around zero: 64 MiB made once, uploaded again and again.
void* random_numbers(std::size_t bytes, bool bf16 = true)
{
    constexpr std::size_t Piece = std::size_t{64} << 20;
    static std::vector<std::uint16_t> narrow;
    static std::vector<float> wide;
    if (narrow.empty()) {
        std::uint32_t state = 12345;
        for (std::size_t i = 0; i < Piece / 4; i++) {
            state = state * 1664525u + 1013904223u;
            const float value = (static_cast<float>(state >> 8) / (1 << 23) - 1.0f) * 0.05f;
            std::uint32_t bits;
            std::memcpy(&bits, &value, 4);
            wide.push_back(value);
            narrow.push_back(static_cast<std::uint16_t>(bits >> 16));
            narrow.push_back(static_cast<std::uint16_t>(bits >> 16 ^ 0x8000u));
        }
    }
    void* memory = driver().allocate(bytes);
    const void* piece = bf16 ? static_cast<const void*>(narrow.data()) : wide.data();
    for (std::size_t at = 0; at < bytes; at += Piece) driver().upload(static_cast<char*>(memory) + at, piece, std::min(Piece, bytes - at));
    return memory;
}

// Milliseconds of one call of `work`, of which a graph holds `calls`.
double median(int calls, const std::function<void(int)>& work)
{
    work(0);
    must(driver().synchronize());
    driver().begin_graph();
    for (int i = 0; i < calls; i++) work(i);
    driver().end_graph();
    driver().replay(2);
    std::vector<double> times;
    for (int i = 0; i < 9; i++) times.push_back(driver().replay(1) / calls);
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

double readGigabytes, peakTeraflops;
std::string json;

void report(const std::string& name, double milliseconds, double bytes, double flops, double markPercent)
{
    const double gigabytes = bytes / milliseconds / 1e6, teraflops = flops / milliseconds / 1e9;
    const double share = flops > 0 && peakTeraflops > 0 ? teraflops / peakTeraflops * 100 : readGigabytes > 0 ? gigabytes / readGigabytes * 100 : 100;
    std::printf("%-34s %10.4f ms %9.1f GB/s %8.1f TFLOP/s %6.1f %%", name.c_str(), milliseconds, gigabytes, teraflops, share);
    std::printf(markPercent > 0 ? "  (mark %.0f %%)\n" : "\n", markPercent);
    std::fflush(stdout);
    char line[512];
    std::snprintf(line, sizeof line, "%s\n  {\"name\": \"%s\", \"ms\": %.5f, \"gbps\": %.1f, \"tflops\": %.2f, \"share\": %.2f, \"mark\": %.0f}", json.empty() ? "" : ",",
        name.c_str(), milliseconds, gigabytes, teraflops, share, markPercent);
    json += line;
}

void ceilings()
{
    constexpr std::size_t Bytes = std::size_t{4} << 30;
    float* source = static_cast<float*>(random_numbers(Bytes, false));
    float* destination = static_cast<float*>(driver().allocate(Bytes));
    const double read = median(2, [&](int) { launch("read_sum", static_cast<unsigned>(driver().multiprocessors()) * 8, 1, 1, 256, 0, CopyBytes{destination, source, static_cast<i64>(Bytes)}); });
    readGigabytes = Bytes / read / 1e6;
    report("read 4 GiB", read, Bytes, 0, 0);
    const double copy = median(2, [&](int) { driver().copy(destination, source, Bytes); });
    report("copy 4 GiB (read and write)", copy, 2.0 * Bytes, 0, 0);
    const double empty = median(200, [&](int) { launch("copy_bytes", 1, 1, 1, 256, 0, CopyBytes{destination, source, 0}); });
    report("empty kernel in a graph", empty, 0, 0, 0);
}

struct Matrix {
    const char* name;
    int features, columns;
    bool gated;
    double mark;
};

const Matrix Matrices[] = {
    {"qkv", Qkv, Hidden, false, 82}, {"o", Hidden, Hidden, false, 78}, {"gate_up", Mlp, Hidden, true, 88}, {"down", Hidden, Mlp, false, 86}, {"head", Vocabulary, Hidden, false, 90}};

struct Buffers {
    char* weights;
    std::size_t weightBytes;
    float* wide;
    void* narrow;
    float* result;
};

// The n-th copy of a matrix: neighbours in time are never neighbours in the cache.
const char* rotate(const Buffers& b, std::size_t bytes, int number) { return b.weights + static_cast<std::size_t>(number) * bytes % (b.weightBytes - bytes) / 1024 * 1024; }

enum class Way { Engine, Normed, Skinny, Tiled };

// Hopper's kernels are there: the engine takes them for prompts.
bool hasWarpgroups;

void linear(const Buffers& b, const Matrix& m, int tokens, int number, Way way = Way::Engine)
{
    const std::size_t half = static_cast<std::size_t>(m.features) * m.columns * 2;
    const char* weight = rotate(b, half * (m.gated ? 2 : 1), number);
    const int tile = tokens <= 8 ? 8 : tokens <= 16 ? 16 : tokens <= 32 ? 32 : 64;
    const Linear p = {b.result, m.features, tile == 8 ? b.wide : b.narrow, m.columns, weight, m.columns, m.gated ? weight + half : nullptr, m.columns, nullptr, 0, 0,
        tokens, m.features, m.columns, 1, way == Way::Normed ? b.weights : nullptr, 1e-5f, 0};
    if (way == Way::Normed) return launch("linear_normed_bf16", up(m.features, m.gated ? 8 : 16), 1, 1, 256, 4096 + 256, p);
    const unsigned tiles = up(m.features, m.gated ? 64 : 128) * up(tokens, 128);
    if (tokens > 64 && way == Way::Engine && hasWarpgroups) {
        const std::size_t rows = static_cast<std::size_t>(m.features), columns = static_cast<std::size_t>(m.columns);
        const LinearWgmma w = {p, driver().tensor_map(weight, rows, columns, columns, 64, 32, false),
            m.gated ? driver().tensor_map(weight + half, rows, columns, columns, 64, 32, false) : nullptr, driver().tensor_map(b.narrow, 2048, columns, columns, 128, 64, true)};
        return launch("linear_wgmma_bf16", tiles, 1, 1, 288, 196704, w);
    }
    if (tokens > 64 && way != Way::Skinny) return launch("linear_tiled_bf16", tiles, 1, 1, 256, 65536, p);
    const std::string kernel = "linear_skinny_bf16_t" + std::to_string(tile);
    launch(kernel.c_str(), up(m.features, m.gated ? 8 : 16), up(tokens, tile), 1, 256, 512u * static_cast<unsigned>(tile), p);
}

void blocks(const Buffers& b, const Matrix& m, int bits, int tokens, int number)
{
    const std::size_t half = static_cast<std::size_t>(up(m.features, 16)) * up(m.columns, 32) * static_cast<std::size_t>(64 * bits + 32);
    const char* weight = rotate(b, half * (m.gated ? 2 : 1), number);
    const int tile = tokens <= 8 ? 8 : tokens <= 16 ? 16 : tokens <= 32 ? 32 : 64;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(weight);
    const LinearBlocks p = {b.result, m.features, tile == 8 ? b.wide : b.narrow, m.columns, bytes, m.gated ? bytes + half : nullptr, nullptr, 0, 0, tokens, m.features, m.columns, 0, {}, {}, nullptr, 0, 0};
    const std::string kernel = "linear_int" + std::to_string(bits) + "_t" + std::to_string(tile);
    launch(kernel.c_str(), up(m.features, 16), up(tokens, tile), 1, 256, 512u * static_cast<unsigned>(tile) * (m.gated ? 2 : 1), p);
}

void linears(const Buffers& b)
{
    for (int tokens : {1, 8, 16, 32, 64})
        for (const Matrix& m : Matrices) {
            const double bytes = 2.0 * m.features * m.columns * (m.gated ? 2 : 1);
            const double time = median(20, [&](int i) { linear(b, m, tokens, i); });
            report(std::string(m.name) + " bf16, " + std::to_string(tokens) + " tokens", time, bytes, 0, tokens == 1 ? m.mark : 0);
            if (tokens <= 8 && m.columns == Hidden && m.features != Hidden)
                report(std::string(m.name) + " bf16 with its norm, " + std::to_string(tokens) + " tokens", median(20, [&](int i) { linear(b, m, tokens, i, Way::Normed); }), bytes, 0, 0);
        }
    for (int bits : {8, 4})
        for (int tokens : {1, 8}) {
            const Matrix& m = Matrices[2];
            const double bytes = 2.0 * m.features * m.columns * (64 * bits + 32) / 512;
            const double time = median(20, [&](int i) { blocks(b, m, bits, tokens, i); });
            report("gate_up int" + std::to_string(bits) + ", " + std::to_string(tokens) + " tokens", time, bytes, 0, bits == 8 ? 80 : 70);
        }
    for (int tokens : {128, 512, 2048})
        for (const Matrix& m : Matrices) {
            if (m.features == Vocabulary) continue;
            const double flops = 2.0 * tokens * m.features * m.columns * (m.gated ? 2 : 1);
            const std::string name = std::string(m.name) + " bf16, " + std::to_string(tokens) + " tokens";
            if (hasWarpgroups) report(name + ", wgmma", median(4, [&](int i) { linear(b, m, tokens, i); }), 0, flops, tokens > 128 ? 70 : 0);
            report(name + ", tiled", median(4, [&](int i) { linear(b, m, tokens, i, Way::Tiled); }), 0, flops, tokens > 128 ? 45 : 0);
            if (tokens == 128) report(name + ", t64 twice", median(4, [&](int i) { linear(b, m, tokens, i, Way::Skinny); }), 0, flops, 0);
        }
}

// A cache of one layer whose pages follow one another, and a batch over it.
class AttentionCase {
public:
    AttentionCase(int sequences, int past, int fresh) : _tokens(static_cast<unsigned>(sequences * fresh))
    {
        const int length = past + fresh, pages = static_cast<int>(up(length, PageSize));
        // As the engine chooses: by warpgroups where their large tiles fill the card.
        _warpgroups = hasWarpgroups && fresh > 1 && static_cast<long long>(sequences) * up(fresh * Group, 128) * KvHeads >= driver().multiprocessors();
        const int tileRows = _warpgroups ? 128 : 16;
        std::vector<int> tables, positions, sequenceOfToken, tiles;
        for (int s = 0; s < sequences; s++) {
            for (int page = 0; page < pages; page++) tables.push_back(s * pages + page);
            for (int row = 0; row < fresh * Group; row += tileRows) tiles.insert(tiles.end(), {s * fresh, row, std::min(tileRows, fresh * Group - row), 0});
            for (int t = 0; t < fresh; t++) {
                positions.push_back(past + t);
                sequenceOfToken.push_back(s);
            }
        }
        _tiles = static_cast<int>(tiles.size() / 4);
        _units = static_cast<int>(up(length, 64));
        const std::size_t tokens = static_cast<std::size_t>(sequences) * static_cast<std::size_t>(fresh), width = QueryHeads * HeadSize;
        layerBytes = 2.0 * sequences * length * KvHeads * HeadSize * 2;
        _p = {static_cast<float*>(driver().allocate(tokens * width * 4)), static_cast<i64>(width), static_cast<const float*>(random_numbers(tokens * width * 4, false)), static_cast<i64>(width),
            (random_numbers(static_cast<std::size_t>(sequences) * static_cast<std::size_t>(pages) * PageSize * 2 * KvHeads * HeadSize * 2)), on_device(tables), pages,
            on_device(positions), on_device(sequenceOfToken), on_device(tiles), nullptr, _tiles, _units, QueryHeads, KvHeads, HeadSize, PageSize, 1 << 30, 0.088f, std::min(16, (fresh * Group + 3) / 4 * 4), 0};
        // As the engine chooses: tiles go to different warps unit by unit where they are too few to fill the card.
        _whole = fresh > 1 || static_cast<long long>(_tiles) * KvHeads >= 2LL * driver().multiprocessors();
        std::vector<int> slots, ropeRows(tokens, 0);
        for (int s = 0; s < sequences; s++)
            for (int t = 0; t < fresh; t++) slots.push_back(s * pages * PageSize + past + t);
        float* qkv = static_cast<float*>(random_numbers(tokens * Qkv * 4, false));
        _rope = {qkv, Qkv, qkv + QueryHeads * HeadSize, Qkv, qkv + (QueryHeads + KvHeads) * HeadSize, Qkv, static_cast<const float*>(random_numbers(HeadSize * 4, false)), HeadSize,
            const_cast<void*>(_p.cache), on_device(ropeRows), on_device(slots), QueryHeads, KvHeads, HeadSize, HeadSize, PageSize, 0};
        if (!_whole) _p.partial = static_cast<float*>(driver().allocate(static_cast<std::size_t>(_tiles) * KvHeads * static_cast<std::size_t>(_units * _p.partRows) * (HeadSize + 2) * 4));
    }

    void rope() const { launch("rope_and_append", _tokens, 1, 1, 256, 0, _rope); }

    // The matrix of queries, keys and values, its norm before and this after it.
    void project(const Buffers& b, int number) const
    {
        const char* weight = rotate(b, std::size_t{2} * Qkv * Hidden, number);
        const Linear p = {b.result, Qkv, b.wide, Hidden, weight, Hidden, nullptr, 0, nullptr, 0, 0, static_cast<int>(_tokens), Qkv, Hidden, 1, b.weights, 1e-5f, 0};
        launch("linear_rope_bf16", Qkv / 16, 1, 1, 256, 4096 + 256, LinearRope{p, _rope});
    }

    void run() const
    {
        if (_warpgroups) return launch("attention_wgmma_d128", static_cast<unsigned>(_tiles), KvHeads, 1, 256, 98304, _p);
        if (_whole) return launch("attention_whole_d128", up(_tiles, 4), KvHeads, 1, 128, 0, _p);
        launch("attention_units_d128", up(_units, 4), KvHeads, static_cast<unsigned>(_tiles), 128, 0, _p);
        launch("attention_combine", static_cast<unsigned>(_tiles), KvHeads, 16, 128, 0, _p);
    }

    double layerBytes;

private:
    static constexpr int PageSize = 32, Group = QueryHeads / KvHeads;

    static const int* on_device(const std::vector<int>& values)
    {
        void* memory = driver().allocate(values.size() * 4);
        driver().upload(memory, values.data(), values.size() * 4);
        return static_cast<const int*>(memory);
    }

    Attention _p;
    RopeAndAppend _rope;
    unsigned _tokens;
    bool _whole, _warpgroups;
    int _tiles, _units;
};

void attention()
{
    struct { int sequences, past; double mark; } const decodes[] = {{1, 1023, 0}, {1, 4095, 50}, {1, 16383, 75}, {32, 4095, 80}};
    for (const auto& d : decodes) {
        const AttentionCase c(d.sequences, d.past, 1);
        report("attention, " + std::to_string(d.sequences) + " x " + std::to_string(d.past + 1), median(20, [&](int) { c.run(); }), c.layerBytes, 0, d.mark);
    }
    for (int n : {2048, 8192, 16384}) {
        const AttentionCase c(1, 0, n);
        report("attention of a prompt of " + std::to_string(n), median(2, [&](int) { c.run(); }), 0, 2.0 * n * n * QueryHeads * HeadSize, 35);
    }
}

// A pass of the whole model, as the engine launches it: forty layers, then the head over `wanted` rows. Activations are whatever the buffers hold.
void pass(const Buffers& b, const AttentionCase& c, int tokens, int wanted)
{
    const auto prepare = [&](int rows, bool normed, int width) {
        if (rows <= 8) return;
        const unsigned grid = static_cast<unsigned>(rows);
        const int order = rows > 64 && hasWarpgroups;
        if (normed) launch("norm_rows_bf16", grid, 1, 1, 256, 128, RmsNorm{b.narrow, width, b.wide, width, b.weights, 1, width, 1e-5f, order});
        else launch("round_rows_bf16", grid, 1, 1, 256, 0, RoundRows{static_cast<u16*>(b.narrow), width, b.wide, width, width, order});
    };
    const Way ofOne = tokens <= 8 ? Way::Normed : Way::Engine;
    for (int layer = 0; layer < Layers; layer++) {
        if (tokens <= 8) {
            c.project(b, 5 * layer);
        } else {
            prepare(tokens, true, Hidden);
            linear(b, Matrices[0], tokens, 5 * layer);
            c.rope();
        }
        c.run();
        prepare(tokens, false, Hidden);
        linear(b, Matrices[1], tokens, 5 * layer + 1);
        prepare(tokens, true, Hidden);
        linear(b, Matrices[2], tokens, 5 * layer + 2, ofOne);
        prepare(tokens, false, Mlp);
        linear(b, Matrices[3], tokens, 5 * layer + 3);
    }
    prepare(wanted, true, Hidden);
    linear(b, Matrices[4], wanted, 999, wanted <= 8 ? Way::Normed : Way::Engine);
}

double linear_bytes()
{
    double bytes = 2.0 * Hidden * Vocabulary;
    for (int i = 0; i < 4; i++) bytes += 2.0 * Layers * Matrices[i].features * Matrices[i].columns * (Matrices[i].gated ? 2 : 1);
    return bytes;
}

void decode(const Buffers& b)
{
    struct { int sequences, context; double mark; } const steps[] = {{1, 1, 80}, {1, 4096, 80}, {1, 16384, 80}, {2, 4096, 0}, {4, 4096, 0}, {8, 4096, 0}, {16, 4096, 0}, {32, 4096, 0}, {64, 4096, 0}};
    for (const auto& s : steps) {
        const AttentionCase c(s.sequences, s.context - 1, 1);
        const double time = median(1, [&](int) { pass(b, c, s.sequences, s.sequences); });
        report("a step of " + std::to_string(s.sequences) + " at context " + std::to_string(s.context), time, linear_bytes() + Layers * c.layerBytes, 0, s.mark);
    }
}

// A prompt in chunks of 2048, as a sum over the chunks.
void prefill(const Buffers& b)
{
    constexpr int Chunk = 2048, Longest = 16384;
    double time = 0, flops = 0;
    for (int past = 0; past < Longest;) {
        const int fresh = past == 0 ? 512 : past == 512 ? Chunk - 512 : Chunk;
        const AttentionCase c(1, past, fresh);
        time += median(1, [&](int) { pass(b, c, fresh, 1); });
        flops += (linear_bytes() - 2.0 * Hidden * Vocabulary) * fresh + 4.0 * Layers * QueryHeads * HeadSize * fresh * (past + fresh / 2.0);
        past += fresh;
        if (past == 512 || (past & (past - 1)) == 0) report("a prompt of " + std::to_string(past), time, 0, flops, 55);
    }
}

}  // namespace

int main(int count, char** words)
{
    if (count < 2) gpu::fail("usage: bench MODULE [OUTPUT.json [PEAK-TFLOPS]]");
    driver().load(words[1]);
    hasWarpgroups = driver().has("linear_wgmma_bf16");
    peakTeraflops = count > 3 ? std::atof(words[3]) : 0;
    std::printf("%s, driver %d, %d multiprocessors, %.0f MHz\n", driver().device_name().c_str(), driver().driver_version(), driver().multiprocessors(), driver().clock_mhz());
    ceilings();
    const std::size_t weightBytes = std::size_t{6} << 30;
    const Buffers buffers = {static_cast<char*>(random_numbers(weightBytes)), weightBytes, static_cast<float*>(random_numbers(std::size_t{2048} * Mlp * 4, false)),
        random_numbers(std::size_t{2048} * Mlp * 2), static_cast<float*>(driver().allocate(std::size_t{2048} * Mlp * 2 * 4))};
    linears(buffers);
    attention();
    decode(buffers);
    prefill(buffers);
    if (count > 2) {
        std::FILE* file = std::fopen(words[2], "w");
        if (!file) gpu::fail(std::string("cannot write ") + words[2]);
        std::fprintf(file, "{\"device\": \"%s\", \"driver\": %d, \"results\": [%s\n]}\n", driver().device_name().c_str(), driver().driver_version(), json.c_str());
        std::fclose(file);
    }
}
