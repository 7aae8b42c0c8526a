// SPDX-License-Identifier: MIT
// The state of the block that runs now. A warp runs as far ahead of the others as it can, or is left at random when there is a seed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "emulator.h"
#include "fiber.h"

namespace emulator {

constexpr unsigned Lanes = 32;

enum class Wait { Nothing, Shuffle, Mma, Product, WarpBarrier, BlockBarrier, Phase, Ended };

const char* text(Wait wait);

// What a lane brings to a warp's operation, and takes from it.
union Registers {
    unsigned words[12];
    float floats[12];
};

// A barrier with phases, in shared memory.
struct PhaseState {
    unsigned arrivals;
    unsigned missing;
    long long bytes;
    unsigned ended;
    std::vector<BoxCopy> copies;
    std::uint64_t keys[2];
};

// Accumulators of products that are under way: what they will be, while the thread's own hold NaN.
struct Accumulators {
    float* registers;
    std::vector<float> values;
    unsigned products;
};

struct AskedProduct {
    Product product;
    unsigned a[4];
};

struct EmulatedThread : Thread {
    Fiber fiber;
    Wait wait;
    Site site;
    Registers registers;
    bool hasWaitedForPredecessor;
    std::vector<Copy> open;
    std::vector<std::vector<Copy>> groups;
    PhaseState* barrier;
    unsigned parity;
    bool mayMultiply;
    unsigned productCount;
    unsigned gathered[4][4];
    std::vector<AskedProduct> openProducts;
    std::vector<std::vector<AskedProduct>> productGroups;
    std::vector<Accumulators> accumulators;
};

class Scheduler {
public:
    // Runs one block; false if it did what it must not, and then error() says what.
    bool run(const char* kernel, const Block& block, Entry entry, const void* parameters, unsigned seed);

    const std::string& error() const { return _error; }

    EmulatedThread& self() { return static_cast<EmulatedThread&>(*current); }

    // From a fiber: waits until everybody concerned waits for the same.
    void wait_for(Wait wait, Site site);

    // From a fiber: records the error and never comes back.
    [[noreturn]] void fail(Site site, const std::string& what);

    // Combines what the lanes of a warp brought into what each takes away; runs once, when the last lane has come.
    using Complete = void (*)(EmulatedThread* lanes[Lanes]);
    Complete complete = nullptr;

    // Barriers with phases by address.
    std::map<void*, PhaseState> phases;

    // Keys of the barrier that a thread is about to reach: two take turns, so that one barrier's order isn't mistaken for the next one's.
    void* block_key() { return &_blockKeys[_generation % 2]; }
    void* warp_key(unsigned warp) { return &_warpKeys[2 * warp + _warpGenerations[warp] % 2]; }

private:
    static void run_thread();
    void run_warp(unsigned warp);
    bool parked(unsigned warp);
    bool ends_well();
    void release_block();
    void report(const EmulatedThread& a, const EmulatedThread& b);
    unsigned random(unsigned below);
    void shuffle(std::vector<unsigned>& order);

    std::vector<std::unique_ptr<EmulatedThread>> _threads;
    const char* _kernel = nullptr;
    const Block* _block = nullptr;
    Entry _entry = nullptr;
    const void* _parameters = nullptr;
    std::string _error;
    unsigned _random = 0;
    unsigned _generation = 0;
    bool _failed = false;
    std::uint64_t _blockKeys[2] = {};
    std::uint64_t _startKey = 0;
    std::uint64_t _endKey = 0;
    std::vector<std::uint64_t> _warpKeys;
    std::vector<unsigned> _warpGenerations;
};

extern thread_local Scheduler scheduler;

}  // namespace emulator
