// SPDX-License-Identifier: MIT
// Barriers with phases and the copies that they count: kernels/machine/phases.cuh, tensor_copies.cuh.
#include "scheduler.h"

namespace emulator {

static PhaseState& state_of(void* barrier, Site site)
{
    const auto found = scheduler.phases.find(barrier);
    if (found == scheduler.phases.end()) scheduler.fail(site, "there is no barrier with phases at this address");
    return found->second;
}

static void end_phase(PhaseState& state)
{
    state.ended++;
    state.missing = state.arrivals;
}

void make_phases(void* barrier, unsigned arrivals)
{
    scheduler.phases[barrier] = {arrivals, arrivals, 0, 0, {}, {}};
}

// `bytes` are those that are announced and haven't been asked for; a copy takes its own off when it is asked for, and lands at a wait.
void arrive(void* barrier, unsigned bytes, Site site)
{
    PhaseState& state = state_of(barrier, site);
    if (state.missing == 0) scheduler.fail(site, "one arrival more than the phase takes");
    release(&state.keys[state.ended % 2]);
    state.missing--;
    state.bytes += bytes;
    if (state.missing == 0 && state.bytes == 0 && state.copies.empty()) end_phase(state);
}

void wait_for_phase(void* barrier, unsigned parity, Site site)
{
    EmulatedThread& self = scheduler.self();
    self.barrier = &state_of(barrier, site);
    self.parity = parity;
    scheduler.wait_for(Wait::Phase, site);
}

// The first who waits lands what the phase has counted.
bool take_box(void* barrier, unsigned parity, BoxCopy* copy)
{
    PhaseState& state = scheduler.phases[barrier];
    if (state.ended % 2 != parity) return false;
    acquire(&state.keys[state.ended % 2]);
    if (state.copies.empty()) {
        release(&state.keys[state.ended % 2]);
        end_phase(state);
        return false;
    }
    *copy = state.copies.back();
    state.copies.pop_back();
    return true;
}

void pass_phase(void* barrier, unsigned parity)
{
    acquire(&scheduler.phases[barrier].keys[parity]);
}

void require_map(const void* map)
{
    if (reinterpret_cast<std::uintptr_t>(map) % 64 != 0 || static_cast<const TensorMap*>(map)->mark != TensorMapMark)
        scheduler.fail({"a copy", 0}, "this is no tensor map");
}

unsigned box_bytes(const BoxCopy& copy)
{
    require_map(copy.map);
    const TensorMap& map = *static_cast<const TensorMap*>(copy.map);
    const std::uintptr_t shared = static_cast<std::uintptr_t>(static_cast<unsigned char*>(copy.shared) - current->block->shared);
    const unsigned bytes = map.boxRows * map.boxColumns * 2;
    if (shared % (map.isSwizzled ? 1024 : 128) != 0) scheduler.fail(copy.site, "a box goes to a multiple of 128 bytes, or of 1024 if it is swizzled");
    if (shared + bytes > current->block->sharedBytes) scheduler.fail(copy.site, "a box goes past the shared memory");
    return bytes;
}

// A copy comes after what its thread did before it.
void queue_box(const BoxCopy& copy, void* barrier)
{
    PhaseState& state = state_of(barrier, copy.site);
    release(&state.keys[state.ended % 2]);
    state.copies.push_back(copy);
    state.bytes -= box_bytes(copy);
}

}  // namespace emulator
