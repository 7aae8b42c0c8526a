// SPDX-License-Identifier: MIT
// Every planted bug of Hopper's instructions is found, and the same kernel without it is clean.
#include "planted_hopper.h"
#include "tests.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WITH_THREAD_SANITIZER 1
#endif
#endif

namespace tests {

namespace {

constexpr std::size_t Rows = 128, Columns = 256, Results = 64 * 128;

struct Planted {
    const char* kernel;
    bool isRace;
};

const Planted All[] = {
    {"no_wait_for_phase", true},   {"wrong_phase", false},      {"no_wait_for_product", false}, {"no_fence", false},
    {"wrong_swizzle", false},      {"early_release", true},     {"wrong_byte_count", false},    {"wrong_operand", false},
    {"changed_operand", false},    {"touched_sums", false},     {"missing_warp_of_warpgroup", false}, {"misplaced_box", false},
};

struct Findings {
    int errors = 0;
    int wrongValues = 0;
    int reports = 0;
    std::string first;
};

Findings look(const Planted& planted, bool withBug)
{
    Findings findings;
    const std::vector<std::uint16_t> matrix = to_bf16(Random(11).normals(Rows * Columns));
    const void* map = encode_map({matrix.data(), Rows, Columns, Columns, 128, 64, true});
    const void* plainMap = encode_map({matrix.data(), Rows, Columns, Columns, 128, 64, false});
    std::vector<float> expected(Results, 0.0f);
    for (std::size_t box = 0; box < Columns / 64; box++)
        for (std::size_t i = 0; i < Results; i++) expected[i] += widen(matrix[i % 128 * Columns + 64 * box + i / 128]);
    const int before = sanitizerReports;
    for (unsigned seed = 0; seed < 8; seed++) {
        std::vector<float> output(Results, 0.0f);
        const std::string error = run({planted.kernel, {2, 1, 1}, 160, 2 * 16384 + 32}, PlantedHopperParameters{output.data(), map, plainMap, withBug, 0}, seed);
        findings.errors += !error.empty();
        findings.wrongValues += error.empty() && output != expected;
        if (findings.first.empty()) findings.first = error;
    }
    findings.reports = sanitizerReports - before;
    return findings;
}

}  // namespace

void planted_hopper_tests()
{
    for (const Planted& planted : All) {
        const std::string name = planted.kernel;
        const Findings clean = look(planted, false);
        check(clean.errors + clean.wrongValues + clean.reports == 0, name + " without its bug", clean.first);
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
