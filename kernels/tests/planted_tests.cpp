// SPDX-License-Identifier: MIT
// Every planted bug is found, and the same kernel without it is clean.
#include "planted.h"
#include "tests.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ADDRESS_SANITIZER 1
#elif __has_feature(thread_sanitizer)
#define WITH_THREAD_SANITIZER 1
#endif
#endif

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

// How often something was found over eight seeds, and the first thing that was.
struct Findings {
    int errors = 0;
    int wrongValues = 0;
    int reports = 0;
    std::string first;
};

Findings look(const Planted& planted, bool withBug)
{
    Findings findings;
    std::vector<float> input = Random(7).normals(Threads);
    const int before = sanitizerReports;
    for (unsigned seed = 0; seed < 8; seed++) {
        std::vector<float> output(Threads, 0.0f);
        const PlantedParameters parameters = {output.data(), input.data(), withBug, 0};
        const std::string error = run({planted.kernel, {3, 1, 1}, Threads, Threads * sizeof(float)}, parameters, seed);
        if (!error.empty()) {
            findings.errors++;
            if (findings.first.empty()) findings.first = error;
            continue;
        }
        for (int i = 0; i < Threads; i++)
            if (output[static_cast<std::size_t>(i)] != planted.expected(input, i)) {
                findings.wrongValues++;
                break;
            }
    }
    findings.reports = sanitizerReports - before;
    return findings;
}

}  // namespace

void planted_tests()
{
    for (const Planted& planted : All) {
        const std::string name = planted.kernel;
        const Findings clean = look(planted, false);
        check(clean.errors + clean.wrongValues + clean.reports == 0, name + " without its bug", clean.first);

#if !WITH_ADDRESS_SANITIZER
        if (planted.seen == Seen::ByAddressSanitizer) continue;
#endif
        const Findings found = look(planted, true);
        std::printf("  %-28s %d errors, %d wrong results, %d sanitizer reports  %s\n",
            planted.kernel, found.errors, found.wrongValues, found.reports, found.first.c_str());
        check(found.errors + found.wrongValues + found.reports > 0, name + " with its bug", "nobody noticed");
#if WITH_THREAD_SANITIZER
        if (planted.isRace) check(found.reports > 0, name, "ThreadSanitizer did not see the race");
#endif
    }
}

}  // namespace tests
