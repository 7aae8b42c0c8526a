// SPDX-License-Identifier: MIT
// The linear kernels over weights in blocks against float64, and against each other bit for bit.
#include "parameters.h"
#include "tests.h"

namespace tests {

namespace {

constexpr int Tile = 16;
constexpr int BlockSize = 32;

// A matrix in the layout of BlockLayout, written from its description. What lies past the last row and column is anything, with scale 0 for rows.
struct Matrix {
    int rows, columns, bits;
    bool offsets;
    std::vector<std::int8_t> table;
    std::vector<std::uint8_t> bytes;
    std::vector<float> values;

    Matrix(int n, int k, int bitsOfCode, bool withOffsets, Random& random)
        : rows(n), columns(k), bits(bitsOfCode), offsets(withOffsets), table{-127, -101, -83, -66, -50, -35, -22, -10, 0, 9, 21, 34, 49, 67, 90, 125}
    {
        const int tiles = static_cast<int>(up(n, Tile)), blocks = static_cast<int>(up(k, BlockSize));
        const int codeBytes = 64 * bits, blockBytes = codeBytes + (offsets ? 64 : 32);
        bytes.assign(static_cast<std::size_t>(tiles * blocks * blockBytes), 0);
        values.assign(static_cast<std::size_t>(n * k), 0.0f);
        for (int row = 0; row < tiles * Tile; row++)
            for (int block = 0; block < blocks; block++) {
                std::uint8_t* at = bytes.data() + (row / Tile * blocks + block) * blockBytes;
                const u16 scale = emulator::float_to_f16(row < n ? random.normal() / 100 : 0.0f), offset = emulator::float_to_f16(row < n ? random.normal() : 0.0f);
                put(at + codeBytes + row % Tile * 2, scale);
                if (offsets) put(at + codeBytes + 32 + row % Tile * 2, offset);
                for (int k32 = 0; k32 < BlockSize; k32++) {
                    const int column = block * BlockSize + k32;
                    const int code = bits == 8 ? random.below(255) - 127 : random.below(16);
                    if (bits == 8) at[k32 / 4 * 64 + row % Tile * 4 + k32 % 4] = static_cast<std::uint8_t>(code);
                    else at[k32 / 8 * 64 + row % Tile * 4 + k32 % 4] |= static_cast<std::uint8_t>(k32 % 8 < 4 ? code : code << 4);
                    if (row < n && column < k)
                        values[static_cast<std::size_t>(row * k + column)] = emulator::f16_to_float(scale) * static_cast<float>(bits == 8 ? code : table[static_cast<std::size_t>(code)])
                            + (offsets ? emulator::f16_to_float(offset) : 0.0f);
                }
            }
    }

    static void put(std::uint8_t* at, u16 value)
    {
        at[0] = static_cast<std::uint8_t>(value);
        at[1] = static_cast<std::uint8_t>(value >> 8);
    }
};

void one_shape(int bits, int tokens, int features, int columns, bool gated, bool offsets)
{
    Random random(static_cast<unsigned>(bits + features));
    const Matrix weight(features, columns, bits, offsets, random);
    const Matrix other(features, columns, bits, offsets, random);
    const int stride = static_cast<int>(up(columns, 8)) * 8;
    const std::vector<float> source = random.normals(static_cast<std::size_t>(tokens * stride));
    std::vector<u16> rounded(source.size(), 0x7fff);
    const std::string name = "linear int" + std::to_string(bits) + " [" + std::to_string(tokens) + ", " + std::to_string(columns) + "] to " + std::to_string(features)
        + (gated ? " gated" : "") + (offsets ? " with offsets" : "");
    check(run({"round_rows_bf16", {static_cast<unsigned>(tokens), 1, 1}, 256, 0}, RoundRows{rounded.data(), stride, source.data(), stride, columns, 0}, 2).empty(), name);

    std::vector<float> first;
    for (int tile : {8, 16, 32, 64}) {
        if (tile == 8 && columns % 8 != 0) continue;
        std::vector<float> destination(static_cast<std::size_t>(tokens * features), 1.0f);
        LinearBlocks p = {destination.data(), features, tile == 8 ? static_cast<const void*>(source.data()) : rounded.data(), stride, weight.bytes.data(),
            gated ? other.bytes.data() : nullptr, nullptr, 0, !gated, tokens, features, columns, offsets, {}, {}, nullptr, 0, 0};
        for (std::size_t i = 0; i < 16; i++) {
            const u16 entry = emulator::float_to_bf16(weight.table[i]);
            p.tableLow[i] = static_cast<std::uint8_t>(entry);
            p.tableHigh[i] = static_cast<std::uint8_t>(entry >> 8);
        }
        const std::string kernel = "linear_int" + std::to_string(bits) + "_t" + std::to_string(tile);
        const unsigned sharedBytes = 512u * static_cast<unsigned>(tile) * (gated ? 2 : 1);
        const std::string error = run({kernel.c_str(), {up(features, Tile), up(tokens, tile), 1}, 256, sharedBytes}, p, static_cast<unsigned>(tile));
        check(error.empty(), name, error);
        if (!first.empty()) check(same_bits(first, destination), name, "t" + std::to_string(tile) + " gives other bits");
        else first = destination;
        if (tile != 8) continue;

        const std::vector<float> norm = random.normals(static_cast<std::size_t>(columns));
        std::vector<float> rows(source.size(), 0.0f), expected(destination.size(), 1.0f), found(destination.size(), 1.0f);
        const RmsNorm norming = {rows.data(), stride, source.data(), stride, norm.data(), 0, columns, 1e-5f, 0};
        check(run({"rms_norm", {static_cast<unsigned>(tokens), 1, 1}, 256, 128}, norming, 1).empty(), name);
        p.source = rows.data();
        p.destination = expected.data();
        check(run({kernel.c_str(), {up(features, Tile), up(tokens, 8), 1}, 256, sharedBytes}, p, 2).empty(), name);
        p.source = source.data();
        p.destination = found.data();
        p.norm = norm.data();
        p.epsilon = 1e-5f;
        const std::string normed = "linear_normed_int" + std::to_string(bits);
        check(run({normed.c_str(), {up(features, Tile), up(tokens, 8), 1}, 256, sharedBytes + 256}, p, 3).empty(), name);
        check(same_bits(expected, found), name, "gives other bits than rms_norm and the product");
    }

    double worst = 0;
    for (int t = 0; t < tokens; t++)
        for (int n = 0; n < features; n++) {
            double sum = 0, sumUp = 0, magnitude = 1e-6, magnitudeUp = 1e-6;
            for (int k = 0; k < columns; k++) {
                const double x = widen(emulator::float_to_bf16(source[static_cast<std::size_t>(t * stride + k)]));
                const double a = x * weight.values[static_cast<std::size_t>(n * columns + k)], b = x * other.values[static_cast<std::size_t>(n * columns + k)];
                sum += a;
                sumUp += b;
                magnitude += std::fabs(a);
                magnitudeUp += std::fabs(b);
            }
            const double expected = gated ? sum / (1 + std::exp(-sum)) * sumUp : sum + 1;
            magnitude = gated ? magnitude * magnitudeUp : magnitude + 1;
            worst = std::max(worst, std::fabs(first[static_cast<std::size_t>(t * features + n)] - expected) / magnitude);
        }
    check(worst < Tolerance, name, "is off by " + std::to_string(worst * 1e6) + "e-6 of the sum of magnitudes");
}

}  // namespace

void block_tests()
{
    one_shape(8, 3, 37, 328, false, false);
    one_shape(8, 9, 20, 96, true, false);
    one_shape(4, 3, 37, 328, false, false);
    one_shape(4, 20, 33, 83, false, true);
    one_shape(4, 9, 20, 96, true, true);
    Random random(ShapeSeed);
    for (int i = 0; i < RandomShapes; i++) {
        const int bits = random.below(2) == 0 ? 8 : 4;
        one_shape(bits, 1 + random.below(20), 1 + random.below(60), 1 + random.below(300), random.below(2) == 0, bits == 4 && random.below(2) == 0);
    }
}

}  // namespace tests
