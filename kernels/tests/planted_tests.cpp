// SPDX-License-Identifier: MIT
// Every planted bug is found, and the same kernel without it is clean.
#include "planted.h"
#include "planted_findings.h"
#include "tests.h"

namespace tests {

namespace {

constexpr int Threads = 256;

enum class Seen { ByAnybody, ByAddressSanitizer };

struct Planted {
    const char* kernel;
    Seen seen;
    bool isRace;
    std::function<float(const std::vector<float>&, int)> expected;
};

float mirrored(const std::vector<float>& input, int i) { return input[static_cast<std::size_t>(Threads - 1 - i)]; }

float same_of_warp(const std::vector<float>& input, int i)
{
    const int thread = Threads - 1 - i;
    return input[static_cast<std::size_t>(thread / 32 * 32 + 31 - thread % 32)];
}

float sixteen_times(const std::vector<float>& input, int i) { return i < 128 ? 16.0f * widen(emulator::float_to_bf16(input[static_cast<std::size_t>(i)])) : 0.0f; }

const Planted All[] = {
    {"missing_barrier", Seen::ByAnybody, true, mirrored},
    {"write_after_read", Seen::ByAnybody, true, mirrored},
    {"missing_warp_barrier", Seen::ByAnybody, true, same_of_warp},
    {"lax_wait", Seen::ByAnybody, false, mirrored},
    {"past_shared_memory", Seen::ByAnybody, false, mirrored},
    {"past_global_memory", Seen::ByAddressSanitizer, false, mirrored},
    {"wrong_fragment", Seen::ByAnybody, false, sixteen_times},
    {"divergent_barrier", Seen::ByAnybody, false, mirrored},
    {"missing_warp", Seen::ByAnybody, false, mirrored},
    {"different_operations", Seen::ByAnybody, false, mirrored},
    {"missing_lane", Seen::ByAnybody, false, mirrored},
    {"misaligned_load", Seen::ByAnybody, false, mirrored},
    {"forgotten_copy", Seen::ByAnybody, false, mirrored},
    {"missing_wait_for_predecessor", Seen::ByAnybody, false, mirrored},
};

PlantedRun run_once(const Planted& planted, bool withBug, const std::vector<float>& input, unsigned seed)
{
    std::vector<float> output(Threads, 0.0f);
    const PlantedParameters parameters = {output.data(), input.data(), withBug, 0};
    PlantedRun once = {run({planted.kernel, {3, 1, 1}, Threads, Threads * sizeof(float)}, parameters, seed), false};
    for (int i = 0; i < Threads; i++) once.isWrong |= output[static_cast<std::size_t>(i)] != planted.expected(input, i);
    return once;
}

}  // namespace

void planted_tests()
{
    const std::vector<float> input = Random(7).normals(Threads);
    for (const Planted& planted : All) {
        check_clean(planted.kernel, look([&](unsigned seed) { return run_once(planted, false, input, seed); }));
#if !WITH_ADDRESS_SANITIZER
        if (planted.seen == Seen::ByAddressSanitizer) continue;
#endif
        check_found(planted.kernel, look([&](unsigned seed) { return run_once(planted, true, input, seed); }), planted.isRace);
    }
}

}  // namespace tests
