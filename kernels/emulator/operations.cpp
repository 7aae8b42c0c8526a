// SPDX-License-Identifier: MIT
// What the instructions of kernels/machine do, by the PTX manual.
#include <cmath>

#include "scheduler.h"

namespace emulator {

void wait_for_predecessor()
{
    scheduler.self().hasWaitedForPredecessor = true;
}

void block_barrier(Site site)
{
    void* key = scheduler.block_key();
    release(key);
    scheduler.wait_for(Wait::BlockBarrier, site);
    acquire(key);
}

void warp_barrier(Site site)
{
    void* key = scheduler.warp_key(current->index / Lanes);
    release(key);
    scheduler.wait_for(Wait::WarpBarrier, site);
    acquire(key);
}

unsigned exchange_xor(unsigned value, int mask, Site site)
{
    EmulatedThread& self = scheduler.self();
    self.registers.words[0] = value;
    self.registers.words[1] = static_cast<unsigned>(mask);
    scheduler.complete = [](EmulatedThread* lanes[Lanes]) {
        for (unsigned i = 0; i < Lanes; i++) lanes[i]->registers.words[2] = lanes[(i ^ lanes[i]->registers.words[1]) % Lanes]->registers.words[0];
    };
    scheduler.wait_for(Wait::Shuffle, site);
    return self.registers.words[2];
}

static thread_local float (*widenElement)(std::uint16_t);

// Words 0-3 are A, 4-5 are B, 6-9 are D; kernels/machine/mma.cuh says which element is where.
static void multiply(EmulatedThread* lanes[Lanes])
{
    float a[16][16], b[16][8], d[16][8];
    for (unsigned i = 0; i < Lanes; i++) {
        const Registers& r = lanes[i]->registers;
        const unsigned g = i / 4, column = i % 4 * 2;
        for (unsigned half = 0; half < 2; half++) {
            for (unsigned j = 0; j < 4; j++)
                a[g + j % 2 * 8][column + j / 2 * 8 + half] = widenElement(static_cast<std::uint16_t>(r.words[j] >> 16 * half));
            for (unsigned j = 0; j < 2; j++) b[column + j * 8 + half][g] = widenElement(static_cast<std::uint16_t>(r.words[4 + j] >> 16 * half));
            for (unsigned j = 0; j < 2; j++) d[g + j * 8][column + half] = r.floats[6 + 2 * j + half];
        }
    }
    for (unsigned row = 0; row < 16; row++)
        for (unsigned k = 0; k < 16; k++)
            for (unsigned column = 0; column < 8; column++) d[row][column] += a[row][k] * b[k][column];
    for (unsigned i = 0; i < Lanes; i++) {
        Registers& r = lanes[i]->registers;
        const unsigned g = i / 4, column = i % 4 * 2;
        for (unsigned j = 0; j < 2; j++)
            for (unsigned half = 0; half < 2; half++) r.floats[6 + 2 * j + half] = d[g + j * 8][column + half];
    }
}

void mma(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], float (*widen)(std::uint16_t), Site site)
{
    Registers& r = scheduler.self().registers;
    for (unsigned i = 0; i < 4; i++) r.words[i] = a[i];
    for (unsigned i = 0; i < 2; i++) r.words[4 + i] = b[i];
    for (unsigned i = 0; i < 4; i++) r.floats[6 + i] = d[i];
    widenElement = widen;
    scheduler.complete = multiply;
    scheduler.wait_for(Wait::Mma, site);
    for (unsigned i = 0; i < 4; i++) d[i] = r.floats[6 + i];
}

void queue_copy(void* shared, const void* global, Site site)
{
    scheduler.self().open.push_back({shared, global, site});
}

void commit_copies()
{
    EmulatedThread& self = scheduler.self();
    if (!self.open.empty() || !self.groups.empty()) self.groups.push_back(std::move(self.open));
    self.open.clear();
}

bool take_copy(int groupsLeft, Copy* copy)
{
    auto& groups = scheduler.self().groups;
    while (groups.size() > static_cast<std::size_t>(groupsLeft)) {
        if (groups.front().empty()) {
            groups.erase(groups.begin());
            continue;
        }
        *copy = groups.front().back();
        groups.front().pop_back();
        return true;
    }
    bool waiting = false;
    for (const auto& group : groups) waiting |= !group.empty();
    if (!waiting) groups.clear();
    return false;
}

unsigned count_arrival(unsigned* counter)
{
    release(counter);
    const unsigned before = __atomic_fetch_add(counter, 1u, __ATOMIC_ACQ_REL);
    acquire(counter);
    return before;
}

void require_aligned(const void* address, unsigned bytes, Site site)
{
    if (reinterpret_cast<std::uintptr_t>(address) % bytes != 0)
        scheduler.fail(site, "an access of " + std::to_string(bytes) + " bytes is not aligned to its size");
}

float exp2(float x)
{
    const float result = std::exp2(x);
    return result < 0x1p-126f ? 0.0f : result;
}

}  // namespace emulator
