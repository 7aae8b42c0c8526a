// SPDX-License-Identifier: MIT
// Row operations against plain loops.
#include <limits>

#include "parameters.h"
#include "tests.h"

namespace tests {

namespace {

void embed_and_gather()
{
    Random random(1);
    const int rows = 5, columns = 70;
    const std::vector<float> values = random.normals(rows * columns);
    const std::vector<u16> table = to_bf16(values);
    const std::vector<int> ids = {4, 0, 0, 3};
    std::vector<float> destination(ids.size() * columns, -1.0f), gathered(ids.size() * columns, -1.0f);
    check(run({"embed", {4, 1, 1}, 256, 0}, Embed{destination.data(), columns, table.data(), columns, ids.data(), 1, columns}, 1).empty(), "embed");
    check(run({"gather_rows", {4, 1, 1}, 256, 0}, GatherRows{gathered.data(), columns, values.data(), columns, ids.data(), columns, 0}, 1).empty(), "gather_rows");
    bool embedded = true, asked = true;
    for (std::size_t t = 0; t < ids.size(); t++)
        for (std::size_t i = 0; i < columns; i++) {
            const std::size_t from = static_cast<std::size_t>(ids[t]) * columns + i;
            embedded &= destination[t * columns + i] == widen(table[from]);
            asked &= gathered[t * columns + i] == values[from];
        }
    check(embedded, "embed");
    check(asked, "gather_rows");
}

void norm()
{
    for (int columns : {1, 70, 1024}) {
        const int rows = 3;
        Random random(static_cast<unsigned>(columns));
        const std::vector<float> source = random.normals(static_cast<std::size_t>(rows * columns)), weight = random.normals(static_cast<std::size_t>(columns));
        std::vector<float> destination(source.size());
        const RmsNorm parameters = {destination.data(), columns, source.data(), columns, weight.data(), 0, columns, 1e-5f, 0};
        check(run({"rms_norm", {rows, 1, 1}, 256, 128}, parameters, 2).empty(), "rms_norm");
        double worst = 0;
        for (int r = 0; r < rows; r++) {
            double squares = 0;
            for (int i = 0; i < columns; i++) squares += std::pow(static_cast<double>(source[static_cast<std::size_t>(r * columns + i)]), 2);
            for (int i = 0; i < columns; i++) {
                const std::size_t at = static_cast<std::size_t>(r * columns + i);
                const double expected = source[at] / std::sqrt(squares / columns + 1e-5) * weight[static_cast<std::size_t>(i)];
                worst = std::max(worst, std::fabs(destination[at] - expected) / (std::fabs(expected) + 1e-9));
            }
        }
        check(worst < 1e-6, "rms_norm", std::to_string(worst));
    }
}

void largest()
{
    const int columns = 5000;
    const float nan = std::numeric_limits<float>::quiet_NaN();
    std::vector<std::vector<float>> rows = {Random(4).normals(columns), std::vector<float>(columns, nan), std::vector<float>(columns, -INFINITY), Random(5).normals(columns)};
    rows[0][17] = 9.0f;
    rows[0][4321] = 9.0f;
    rows[2][0] = nan;
    rows[3][77] = INFINITY;
    const int expected[] = {17, 0, 1, 77};
    for (std::size_t r = 0; r < rows.size(); r++) {
        std::vector<int> chosen = {-1};
        check(run({"argmax", {1, 1, 1}, 1024, 256}, Argmax{chosen.data(), rows[r].data(), columns, columns, 0}, 6).empty(), "argmax");
        check(chosen[0] == expected[r], "argmax", "row " + std::to_string(r) + " gives " + std::to_string(chosen[0]));
    }
}

void copies()
{
    const std::vector<float> source = Random(8).normals(3000);
    std::vector<float> destination(source.size());
    check(run({"copy_bytes", {2, 1, 1}, 256, 0}, CopyBytes{destination.data(), source.data(), 12000}, 4).empty(), "copy_bytes");
    check(same_bits(source, destination), "copy_bytes");
}

}  // namespace

void row_tests()
{
    embed_and_gather();
    norm();
    largest();
    copies();
}

}  // namespace tests
