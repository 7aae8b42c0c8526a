// SPDX-License-Identifier: MIT
// The choice of tokens: greedy against a plain loop, filters and draws against their definition by sorting, in float64. That tokens are the CPU's own is tested
// from C#.
#include <algorithm>
#include <numeric>

#include "parameters.h"
#include "tests.h"

namespace tests {

namespace {

std::vector<int> choose(const std::vector<float>& logits, const std::vector<SamplingRow>& rows, int columns, unsigned seed)
{
    std::vector<float> copy = logits;
    std::vector<int> chosen(rows.size(), -9);
    const std::string error = run({"sample", {static_cast<unsigned>(rows.size()), 1, 1}, 1024, 36 * 1024}, Sample{chosen.data(), copy.data(), columns, rows.data(), columns, 0}, seed);
    check(error.empty(), "sample", error);
    return chosen;
}

// How often the answers of many positions fall on each token, against the probabilities that the definition gives.
void draws(int columns, float temperature, int topK, float topP, float minP, unsigned seed)
{
    const std::string name = "sample " + std::to_string(temperature) + " top-k " + std::to_string(topK) + " top-p " + std::to_string(topP) + " min-p " + std::to_string(minP);
    const std::vector<float> row = Random(seed).normals(static_cast<std::size_t>(columns));
    std::vector<int> order(static_cast<std::size_t>(columns));
    std::iota(order.begin(), order.end(), 0);
    const auto before = [&](int a, int b) {
        const float x = row[static_cast<std::size_t>(a)], y = row[static_cast<std::size_t>(b)];
        return x > y || (x == y && a < b);
    };
    std::sort(order.begin(), order.end(), before);
    if (topK > 0) order.resize(static_cast<std::size_t>(topK));
    std::vector<double> weights(row.size(), 0.0);
    const double largest = row[static_cast<std::size_t>(order[0])];
    double total = 0;
    for (int id : order) total += weights[static_cast<std::size_t>(id)] = std::exp((row[static_cast<std::size_t>(id)] - largest) / temperature);
    double sum = 0;
    for (int id : order) {
        double& weight = weights[static_cast<std::size_t>(id)];
        const bool stays = sum < topP * total && weight >= minP;
        sum += weight;
        if (!stays) weight = 0;
    }
    total = std::accumulate(weights.begin(), weights.end(), 0.0);

    constexpr int Draws = 48;
    std::vector<SamplingRow> rows;
    std::vector<float> logits;
    for (int position = 0; position < Draws; position++) {
        rows.push_back({seed, 0, 0, 0, 0, 0, position, topK, temperature, topP, minP, 1, 0, 0, 1, 0});
        logits.insert(logits.end(), row.begin(), row.end());
    }
    const std::vector<int> chosen = choose(logits, rows, columns, seed);
    double expected = 0, variance = 0, found = 0;
    for (int i = 0; i < columns; i++) {
        const double p = weights[static_cast<std::size_t>(i)] / total;
        expected += p * i;
        variance += p * i * i;
    }
    variance -= expected * expected;
    bool kept = true;
    for (int token : chosen) {
        kept &= token >= 0 && token < columns && weights[static_cast<std::size_t>(token)] > 0;
        found += static_cast<double>(token) / Draws;
    }
    check(kept, name, "a token that the filters drop");
    check(std::fabs(found - expected) <= 5 * std::sqrt(variance / Draws) + 1e-9, name, "draws do not follow the weights");
}

void greedy()
{
    const int columns = 3000;
    std::vector<float> logits = Random(2).normals(2 * columns);
    logits[17] = logits[2900] = 9.0f;
    std::vector<SamplingRow> rows(2, SamplingRow{1, 0, 0, 0, 0, 0, 0, 0, 0.0f, 1, 0, 1, 0, 0, 1, 0});
    rows[1].isPlanned = 0;
    for (unsigned seed = 0; seed < 4; seed++) {
        const std::vector<int> chosen = choose(logits, rows, columns, seed);
        check(chosen[0] == 17 && chosen[1] == -9, "sample, greedy", std::to_string(chosen[0]) + " " + std::to_string(chosen[1]));
    }
}

}  // namespace

void sample_tests()
{
    greedy();
    draws(70, 1.0f, 0, 1.0f, 0.0f, 3);
    draws(2500, 1.3f, 0, 0.8f, 0.0f, 4);
    draws(2500, 0.7f, 40, 1.0f, 0.0f, 5);
    draws(1100, 1.0f, 60, 0.9f, 0.1f, 6);
}

}  // namespace tests
