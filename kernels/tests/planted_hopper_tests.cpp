// SPDX-License-Identifier: MIT
// Every planted bug of Hopper's instructions is found, and the same kernel without it is clean.
#include "planted_findings.h"
#include "planted_hopper.h"
#include "tests.h"

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

// What the kernels read, and what they should make of it: the sums of the boxes' columns side by side.
struct Boxed {
    const std::vector<std::uint16_t> matrix = to_bf16(Random(11).normals(Rows * Columns));
    const void* map = encode_map({matrix.data(), Rows, Columns, Columns, 128, 64, true});
    const void* plainMap = encode_map({matrix.data(), Rows, Columns, Columns, 128, 64, false});
    std::vector<float> expected = std::vector<float>(Results, 0.0f);

    Boxed()
    {
        for (std::size_t box = 0; box < Columns / 64; box++)
            for (std::size_t i = 0; i < Results; i++) expected[i] += widen(matrix[i % 128 * Columns + 64 * box + i / 128]);
    }
};

PlantedRun run_once(const Planted& planted, bool withBug, const Boxed& boxed, unsigned seed)
{
    std::vector<float> output(Results, 0.0f);
    const PlantedHopperParameters parameters = {output.data(), boxed.map, boxed.plainMap, withBug, 0};
    const std::string error = run({planted.kernel, {2, 1, 1}, 160, 2 * 16384 + 32}, parameters, seed);
    return {error, output != boxed.expected};
}

}  // namespace

void planted_hopper_tests()
{
    const Boxed boxed;
    for (const Planted& planted : All) {
        check_clean(planted.kernel, look([&](unsigned seed) { return run_once(planted, false, boxed, seed); }));
        check_found(planted.kernel, look([&](unsigned seed) { return run_once(planted, true, boxed, seed); }), planted.isRace);
    }
}

}  // namespace tests
