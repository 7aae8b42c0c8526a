// SPDX-License-Identifier: MIT
// linear_rope against linear_normed and rope_and_append, bit for bit.
#include "parameters.h"
#include "tests.h"

namespace tests {

namespace {

struct Shape {
    int tokens, queryHeads, kvHeads, headSize, rotarySize, columns;
    bool f16, cacheIsF32;
};

void one_shape(const Shape& s)
{
    constexpr int PageSize = 32, Pages = 3;
    const std::string format = s.f16 ? "f16" : "bf16";
    const std::string name = "linear_rope_" + format + " of " + std::to_string(s.tokens) + " tokens, heads of " + std::to_string(s.headSize) + ", " + std::to_string(s.rotarySize) + " rotated";
    Random random(static_cast<unsigned>(s.tokens * 100 + s.headSize));
    const int heads = s.queryHeads + 2 * s.kvHeads, width = heads * s.headSize;
    const std::vector<float> source = random.normals(static_cast<std::size_t>(s.tokens * s.columns)), norm = random.normals(static_cast<std::size_t>(s.columns));
    const std::vector<float> numbers = random.normals(static_cast<std::size_t>(width * s.columns)), table = random.normals(static_cast<std::size_t>(40 * s.rotarySize));
    const std::vector<u16> weight = s.f16 ? to_f16(numbers) : to_bf16(numbers);
    std::vector<int> slots, ropeRows;
    for (int t = 0; t < s.tokens; t++) {
        slots.push_back((t * 37 + 5) % (PageSize * Pages));
        ropeRows.push_back(random.below(40));
    }

    struct Result {
        std::vector<float> rows, cache;
    };
    const auto fresh = [&] { return Result{std::vector<float>(static_cast<std::size_t>(s.tokens * width), 7.0f), std::vector<float>(static_cast<std::size_t>(Pages * s.kvHeads * 2 * PageSize * s.headSize), 7.0f)}; };
    const auto linear = [&](Result& r) {
        return Linear{r.rows.data(), width, source.data(), s.columns, weight.data(), s.columns, nullptr, 0, nullptr, 0, 0, s.tokens, width, s.columns, 0, norm.data(), 1e-5f, 0};
    };
    const auto rope = [&](Result& r) {
        return RopeAndAppend{r.rows.data(), width, r.rows.data() + s.queryHeads * s.headSize, width, r.rows.data() + (s.queryHeads + s.kvHeads) * s.headSize, width, table.data(), s.rotarySize,
            r.cache.data(), ropeRows.data(), slots.data(), s.queryHeads, s.kvHeads, s.headSize, s.rotarySize, PageSize, s.cacheIsF32};
    };

    Result expected = fresh();
    const std::string normed = "linear_normed_" + format, both = "linear_rope_" + format;
    check(run({normed.c_str(), {up(width, 16), 1, 1}, 256, 4096 + 256}, linear(expected), 1).empty(), name);
    check(run({"rope_and_append", {static_cast<unsigned>(s.tokens), 1, 1}, 256, 0}, rope(expected), 2).empty(), name);
    for (unsigned seed = 0; seed < 3; seed++) {
        Result found = fresh();
        const std::string error = run({both.c_str(), {static_cast<unsigned>(width / 16), 1, 1}, 256, 4096 + 256}, LinearRope{linear(found), rope(found)}, seed);
        check(error.empty(), name, error);
        check(same_bits(expected.cache, found.cache), name, "keeps other keys or values");
        bool same = true;
        for (int t = 0; t < s.tokens; t++)
            for (int i = 0; i < s.queryHeads * s.headSize; i++) {
                const std::size_t at = static_cast<std::size_t>(t * width + i);
                same &= __builtin_bit_cast(unsigned, expected.rows[at]) == __builtin_bit_cast(unsigned, found.rows[at]);
            }
        check(same, name, "gives other queries");
    }
}

}  // namespace

void rope_linear_tests()
{
    one_shape({1, 4, 1, 128, 128, 264, false, false});
    one_shape({8, 2, 2, 16, 16, 72, false, true});
    one_shape({3, 3, 1, 96, 64, 328, true, false});
    one_shape({5, 2, 1, 48, 16, 40, false, false});
}

}  // namespace tests
