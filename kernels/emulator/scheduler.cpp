// SPDX-License-Identifier: MIT
#include "scheduler.h"

#include <cstring>
#include <utility>

namespace emulator {

thread_local Thread* current;
thread_local Scheduler scheduler;

const char* text(Wait wait)
{
    switch (wait) {
    case Wait::Nothing: return "runs";
    case Wait::Shuffle: return "waits in a shuffle";
    case Wait::Mma: return "waits in an mma";
    case Wait::Product: return "waits for a product of its warpgroup";
    case Wait::WarpBarrier: return "waits at a warp barrier";
    case Wait::BlockBarrier: return "waits at a block barrier";
    case Wait::Phase: return "waits for the end of a phase";
    case Wait::Ended: return "has ended";
    }
    return "?";
}

static std::string place(Site site)
{
    const char* slash = std::strrchr(site.file, '/');
    return std::string(slash ? slash + 1 : site.file) + ":" + std::to_string(site.line);
}

bool Scheduler::run(const char* kernel, const Block& block, Entry entry, const void* parameters, unsigned seed)
{
    _kernel = kernel;
    _block = &block;
    _entry = entry;
    _parameters = parameters;
    _failed = false;
    _random = seed;
    while (_threads.size() < block.threads) _threads.push_back(std::make_unique<EmulatedThread>());
    const unsigned warps = block.threads / Lanes;
    _warpKeys.assign(2 * warps, 0);
    _warpGenerations.assign(warps, 0);

    phases.clear();
    release(&_startKey);
    for (unsigned i = 0; i < block.threads; i++) {
        EmulatedThread& thread = *_threads[i];
        thread.block = &block;
        thread.index = i;
        thread.wait = Wait::Nothing;
        thread.hasWaitedForPredecessor = false;
        thread.open.clear();
        thread.groups.clear();
        thread.mayMultiply = false;
        thread.productCount = 0;
        thread.openProducts.clear();
        thread.productGroups.clear();
        thread.accumulators.clear();
        thread.fiber.start(run_thread);
    }

    std::vector<unsigned> order(warps);
    for (unsigned i = 0; i < warps; i++) order[i] = i;
    for (bool running = true; running && !_failed;) {
        running = false;
        shuffle(order);
        for (unsigned warp : order) {
            if (parked(warp)) continue;
            running = true;
            run_warp(warp);
            if (_failed) break;
        }
        if (running || _failed) continue;
        release_block();
        running = !_failed && _threads[0]->wait == Wait::Nothing;
    }
    acquire(&_endKey);
    current = nullptr;
    return !_failed && ends_well();
}

// What no single thread can know.
bool Scheduler::ends_well()
{
    constexpr unsigned Warpgroup = 4 * Lanes;
    for (unsigned i = 0; i < _block->threads; i++) {
        const EmulatedThread &thread = *_threads[i], &first = *_threads[i / Warpgroup * Warpgroup];
        if (thread.productCount == first.productCount && (i / Warpgroup + 1) * Warpgroup <= _block->threads) continue;
        if (thread.productCount == 0 && first.productCount == 0) continue;
        _error = std::string(_kernel) + ": thread " + std::to_string(i) + " took part in " + std::to_string(thread.productCount) + " products of its warpgroup, thread "
            + std::to_string(i / Warpgroup * Warpgroup) + " in " + std::to_string(first.productCount);
        return false;
    }
    for (const auto& [address, state] : phases)
        if (!state.copies.empty()) {
            _error = std::string(_kernel) + ", " + place(state.copies[0].site) + ": nobody waits for this copy";
            return false;
        }
    return true;
}

void Scheduler::run_thread()
{
    acquire(&scheduler._startKey);
    scheduler._entry(scheduler._parameters);
    EmulatedThread& self = scheduler.self();
    if (!self.hasWaitedForPredecessor) scheduler.fail({"its end", 0}, "the thread never waited for the preceding kernel");
    self.groups.push_back(self.open);
    for (const auto& group : self.groups)
        if (!group.empty()) scheduler.fail(group[0].site, "nobody waits for this copy");
    self.productGroups.push_back(self.openProducts);
    for (const auto& group : self.productGroups)
        if (!group.empty()) scheduler.fail(group[0].product.site, "nobody waits for this product");
    release(&scheduler._endKey);
    self.wait = Wait::Ended;
    Fiber::pause();
}

// Every lane to its next wait, again and again, until the warp waits for others.
void Scheduler::run_warp(unsigned warp)
{
    EmulatedThread* lanes[Lanes];
    for (unsigned i = 0; i < Lanes; i++) lanes[i] = _threads[warp * Lanes + i].get();
    std::vector<unsigned> order(Lanes);
    for (unsigned i = 0; i < Lanes; i++) order[i] = i;
    while (true) {
        shuffle(order);
        for (unsigned i : order) {
            current = lanes[i];
            lanes[i]->fiber.run();
            if (_failed) return;
        }
        for (EmulatedThread* lane : lanes) {
            const bool together = lane->wait == lanes[0]->wait
                && (lane->wait == Wait::Ended || (lane->site.file == lanes[0]->site.file && lane->site.line == lanes[0]->site.line));
            if (!together) return report(*lanes[0], *lane);
        }
        const Wait wait = lanes[0]->wait;
        if (wait == Wait::Ended || wait == Wait::BlockBarrier || (wait == Wait::Phase && parked(warp))) return;
        if (wait == Wait::Phase) continue;
        if (wait == Wait::WarpBarrier) _warpGenerations[warp]++;
        else complete(lanes);
        for (EmulatedThread* lane : lanes) lane->wait = Wait::Nothing;
        constexpr unsigned TurnsBetweenLeaving = 8;
        if (_random != 0 && random(TurnsBetweenLeaving) == 0) return;
    }
}

// A warp that waits for a phase which has come to its end is woken here.
bool Scheduler::parked(unsigned warp)
{
    if (_threads[warp * Lanes]->wait == Wait::Phase) {
        for (unsigned i = warp * Lanes; i < (warp + 1) * Lanes; i++) {
            const PhaseState& state = *_threads[i]->barrier;
            if (state.ended % 2 == _threads[i]->parity && (state.missing != 0 || state.bytes != 0)) return true;
        }
        for (unsigned i = warp * Lanes; i < (warp + 1) * Lanes; i++) _threads[i]->wait = Wait::Nothing;
    }
    return _threads[warp * Lanes]->wait != Wait::Nothing;
}

// All warps are parked: at the block's barrier, or at their ends.
void Scheduler::release_block()
{
    for (unsigned i = 0; i < _block->threads; i += Lanes) {
        if (_threads[i]->wait != Wait::Phase) continue;
        const PhaseState& state = *_threads[i]->barrier;
        _error = std::string(_kernel) + ", thread " + std::to_string(i) + ", " + place(_threads[i]->site) + ": waits for a phase that never ends: "
            + std::to_string(state.missing) + " arrivals and " + std::to_string(state.bytes) + " bytes are missing";
        _failed = true;
        return;
    }
    for (unsigned i = Lanes; i < _block->threads; i += Lanes)
        if (_threads[i]->wait != _threads[0]->wait) return report(*_threads[0], *_threads[i]);
    if (_threads[0]->wait == Wait::Ended) return;
    _generation++;
    for (unsigned i = 0; i < _block->threads; i++) _threads[i]->wait = Wait::Nothing;
}

void Scheduler::wait_for(Wait wait, Site site)
{
    EmulatedThread& thread = self();
    thread.wait = wait;
    thread.site = site;
    // A block that fails never ends; what its threads did lies before the launch's return all the same.
    release(&_endKey);
    Fiber::pause();
}

void Scheduler::report(const EmulatedThread& a, const EmulatedThread& b)
{
    const auto one = [](const EmulatedThread& thread) {
        std::string words = "thread " + std::to_string(thread.index) + " " + text(thread.wait);
        return thread.wait == Wait::Ended ? words : words + " (" + place(thread.site) + ")";
    };
    const unsigned* index = _block->index;
    _error = std::string(_kernel) + ", block (" + std::to_string(index[0]) + ", " + std::to_string(index[1]) + ", " + std::to_string(index[2]) + "): "
        + one(a) + ", " + one(b);
    _failed = true;
}

void Scheduler::fail(Site site, const std::string& what)
{
    const unsigned* index = _block->index;
    _error = std::string(_kernel) + ", block (" + std::to_string(index[0]) + ", " + std::to_string(index[1]) + ", " + std::to_string(index[2])
        + "), thread " + std::to_string(self().index) + ", " + place(site) + ": " + what;
    _failed = true;
    release(&_endKey);
    while (true) Fiber::pause();
}

unsigned Scheduler::random(unsigned below)
{
    _random ^= _random << 13;
    _random ^= _random >> 17;
    _random ^= _random << 5;
    return _random % below;
}

void Scheduler::shuffle(std::vector<unsigned>& order)
{
    if (_random == 0) return;
    for (unsigned i = static_cast<unsigned>(order.size()); i > 1; i--) std::swap(order[i - 1], order[random(i)]);
}

}  // namespace emulator
