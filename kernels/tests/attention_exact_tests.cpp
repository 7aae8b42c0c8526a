// SPDX-License-Identifier: MIT
// Attention over an F32 cache against float64: a prompt is appended and read back.
#include <algorithm>

#include "parameters.h"
#include "tests.h"

namespace tests {

namespace {

void one_shape(int tokens, int queryHeads, int kvHeads, int headSize, int pageSize, int window)
{
    Random random(static_cast<unsigned>(headSize));
    const int pages = static_cast<int>(up(tokens, pageSize)), stored = (headSize + 15) / 16 * 16, group = queryHeads / kvHeads;
    const std::size_t queryWidth = static_cast<std::size_t>(queryHeads * headSize), kvWidth = static_cast<std::size_t>(kvHeads * headSize);
    std::vector<float> query = random.normals(static_cast<std::size_t>(tokens) * queryWidth), key = random.normals(static_cast<std::size_t>(tokens) * kvWidth);
    const std::vector<float> value = random.normals(key.size());
    std::vector<float> cache(static_cast<std::size_t>(pages * kvHeads * pageSize * stored) * 2, NAN), destination(query.size(), NAN), table(1);
    std::vector<int> pageTable, positions, slots, sequences(static_cast<std::size_t>(tokens), 0), ropeRows(static_cast<std::size_t>(tokens), 0);
    for (int page = 0; page < pages; page++) pageTable.push_back(pages - 1 - page);
    for (int t = 0; t < tokens; t++) {
        positions.push_back(t);
        slots.push_back(pageTable[static_cast<std::size_t>(t / pageSize)] * pageSize + t % pageSize);
    }

    const std::string name = "attention_exact with heads of " + std::to_string(headSize);
    const RopeAndAppend append = {query.data(), static_cast<i64>(queryWidth), key.data(), static_cast<i64>(kvWidth), value.data(), static_cast<i64>(kvWidth), table.data(), 0, cache.data(),
        ropeRows.data(), slots.data(), queryHeads, kvHeads, headSize, 0, pageSize, 1};
    std::string error = run({"rope_and_append", {static_cast<unsigned>(tokens), 1, 1}, 256, 0}, append, 5);
    check(error.empty(), name, error);
    const float scale = 1.0f / std::sqrt(static_cast<float>(headSize));
    const Attention p = {destination.data(), static_cast<i64>(queryWidth), query.data(), static_cast<i64>(queryWidth), cache.data(), pageTable.data(), pages, positions.data(),
        sequences.data(), nullptr, nullptr, 0, 0, queryHeads, kvHeads, headSize, pageSize, window, scale, 0, 0};
    error = run({"attention_exact", {static_cast<unsigned>(tokens), static_cast<unsigned>(queryHeads), 1}, 128, 2048}, p, 7);
    check(error.empty(), name, error);

    double worst = 0;
    for (int t = 0; t < tokens; t++)
        for (int head = 0; head < queryHeads; head++) {
            const int first = std::max(0, t - window + 1);
            std::vector<double> weights;
            double sum = 0;
            for (int position = first; position <= t; position++) {
                double score = 0;
                for (int d = 0; d < headSize; d++)
                    score += static_cast<double>(query[static_cast<std::size_t>((t * queryHeads + head) * headSize + d)])
                        * key[static_cast<std::size_t>((position * kvHeads + head / group) * headSize + d)];
                weights.push_back(std::exp(score * scale));
                sum += weights.back();
            }
            for (int d = 0; d < headSize; d++) {
                double expected = 0;
                for (int position = first; position <= t; position++)
                    expected += weights[static_cast<std::size_t>(position - first)] / sum * value[static_cast<std::size_t>((position * kvHeads + head / group) * headSize + d)];
                const double off = std::fabs(destination[static_cast<std::size_t>((t * queryHeads + head) * headSize + d)] - expected);
                worst = off > worst || !(off == off) ? off : worst;
            }
        }
    check(worst < 5e-6, name, "is off by " + std::to_string(worst));
}

}  // namespace

void attention_exact_tests()
{
    constexpr int All = 1 << 30;
    one_shape(150, 4, 2, 20, 16, All);
    one_shape(140, 1, 1, 256, 32, 130);
    Random random(ShapeSeed);
    for (int i = 0; i < RandomShapes; i++) {
        const int kvHeads = 1 + random.below(2);
        one_shape(1 + random.below(80), kvHeads * (1 + random.below(3)), kvHeads, 1 + random.below(256), 16 * (1 + random.below(3)), 1 + random.below(200));
    }
}

}  // namespace tests
