// SPDX-License-Identifier: MIT
// The linear kernels against float64, and against each other bit for bit.
#include "parameters.h"
#include "tests.h"

namespace tests {

namespace {

struct Shape {
    int tokens, features, columns;
    bool gated, biased, residual;
    bool f16;
};

struct Case {
    Shape shape;
    int sourceStride, weightStride;
    std::vector<float> source, before, biasValues, weightValues, upValues;
    std::vector<u16> rounded, weight, upWeight;

    explicit Case(const Shape& s) : shape(s), sourceStride(s.columns + 8), weightStride(s.columns + 8)
    {
        Random random(static_cast<unsigned>(s.tokens * 1000 + s.features));
        source = random.normals(static_cast<std::size_t>(s.tokens * sourceStride));
        before = random.normals(static_cast<std::size_t>(s.tokens * s.features));
        biasValues = random.normals(static_cast<std::size_t>(s.features));
        weightValues = random.normals(static_cast<std::size_t>(s.features * weightStride));
        upValues = random.normals(static_cast<std::size_t>(s.features * weightStride));
        weight = s.f16 ? to_f16(weightValues) : to_bf16(weightValues);
        upWeight = s.f16 ? to_f16(upValues) : to_bf16(upValues);
        rounded.assign(source.size(), 0);
    }

    Linear parameters(std::vector<float>& destination, bool sixteenBits) const
    {
        return {destination.data(), shape.features, sixteenBits ? static_cast<const void*>(rounded.data()) : source.data(), sourceStride,
            weight.data(), weightStride, shape.gated ? upWeight.data() : nullptr, weightStride,
            shape.biased ? biasValues.data() : nullptr, 0, shape.residual, shape.tokens, shape.features, shape.columns, 0, nullptr, 0, 0};
    }

    float number(u16 bits) const { return shape.f16 ? emulator::f16_to_float(bits) : widen(bits); }

    double sum(int token, int feature, const std::vector<u16>& w, bool round, double* magnitude) const
    {
        double total = 0;
        for (int k = 0; k < shape.columns; k++) {
            const float x = source[static_cast<std::size_t>(token * sourceStride + k)];
            const double term = static_cast<double>(number(w[static_cast<std::size_t>(feature * weightStride + k)]))
                * (!round ? x : number(shape.f16 ? emulator::float_to_f16(x) : emulator::float_to_bf16(x)));
            total += term;
            *magnitude += std::fabs(term);
        }
        return total;
    }

    void compare(const std::vector<float>& destination, bool round, const std::string& name) const
    {
        double worst = 0;
        for (int t = 0; t < shape.tokens; t++)
            for (int n = 0; n < shape.features; n++) {
                double magnitude = 1e-6, magnitudeUp = 0;
                double expected = sum(t, n, weight, round, &magnitude);
                if (shape.gated) {
                    const double other = sum(t, n, upWeight, round, &magnitudeUp);
                    magnitude = magnitude * std::fabs(other) + magnitudeUp * std::fabs(expected) + magnitude * magnitudeUp * 1e-3;
                    expected = expected / (1 + std::exp(-expected)) * other;
                } else {
                    if (shape.biased) expected += biasValues[static_cast<std::size_t>(n)];
                    if (shape.residual) expected += before[static_cast<std::size_t>(t * shape.features + n)];
                    magnitude += std::fabs(expected);
                }
                worst = std::max(worst, std::fabs(destination[static_cast<std::size_t>(t * shape.features + n)] - expected) / magnitude);
            }
        check(worst < Tolerance, name, "is off by " + std::to_string(worst * 1e6) + "e-6 of the sum of magnitudes");
    }
};

std::vector<float> compute(const Case& c, const Launch& launch, bool sixteenBits, unsigned seed, const std::string& name)
{
    std::vector<float> destination = c.before;
    const std::string error = run(launch, c.parameters(destination, sixteenBits), seed);
    check(error.empty(), name, error);
    return destination;
}

// By products of warpgroups, over rows that `prepare` (round_rows_ or norm_rows_) puts in the order that they want.
template <class Preparing>
std::vector<float> warpgroups(const Case& c, const std::string& prepare, Preparing preparing, unsigned seed, const std::string& name)
{
    const std::string format = c.shape.f16 ? "f16" : "bf16", kernel = "linear_wgmma_" + format, prepareRows = prepare + format;
    const std::size_t width = static_cast<std::size_t>((c.shape.columns + 31) / 32 * 32), stride = width + 8, tokens = static_cast<std::size_t>(c.shape.tokens);
    std::vector<u16> rows(tokens * stride, 0x7fff);
    preparing.destination = rows.data();
    preparing.destinationStride = static_cast<i64>(stride);
    preparing.order = 1;
    check(run({prepareRows.c_str(), {static_cast<unsigned>(c.shape.tokens), 1, 1}, 256, 128}, preparing, seed).empty(), name);

    const Launch launch = {kernel.c_str(), {up(c.shape.features, c.shape.gated ? 64 : 128) * up(c.shape.tokens, 128), 1, 1}, 288, 196704};
    const std::size_t features = static_cast<std::size_t>(c.shape.features), columns = static_cast<std::size_t>(c.shape.columns);
    const void* weight = encode_map({c.weight.data(), features, columns, static_cast<std::size_t>(c.weightStride), 64, 32, false});
    const void* other = encode_map({c.upWeight.data(), features, columns, static_cast<std::size_t>(c.weightStride), 64, 32, false});
    const void* source = encode_map({rows.data(), tokens, width, stride, 128, 64, true});
    std::vector<float> destination = c.before;
    const std::string error = run(launch, LinearWgmma{c.parameters(destination, true), weight, c.shape.gated ? other : nullptr, source}, seed);
    check(error.empty(), name, error);
    return destination;
}

void one_shape(const Shape& shape)
{
    Case c(shape);
    const std::string format = shape.f16 ? "f16" : "bf16";
    const std::string name = "linear " + format + " [" + std::to_string(shape.tokens) + ", " + std::to_string(shape.columns) + "] to "
        + std::to_string(shape.features) + (shape.gated ? " gated" : "") + (shape.biased ? " biased" : "") + (shape.residual ? " residual" : "");
    const std::string roundRows = "round_rows_" + format;
    const RoundRows rounding = {c.rounded.data(), c.sourceStride, c.source.data(), c.sourceStride, shape.columns, 0};
    check(run({roundRows.c_str(), {static_cast<unsigned>(shape.tokens), 1, 1}, 256, 0}, rounding, 3).empty(), name);

    const unsigned features = up(shape.features, shape.gated ? 8 : 16);
    const std::string t8 = "linear_skinny_" + format + "_t8";
    const std::vector<float> first = compute(c, {t8.c_str(), {features, up(shape.tokens, 8), 1}, 256, 4096}, false, 0, name);
    c.compare(first, true, name);
    for (int tile : {16, 32, 64}) {
        const std::string kernel = "linear_skinny_" + format + "_t" + std::to_string(tile);
        const Launch launch = {kernel.c_str(), {features, up(shape.tokens, tile), 1}, 256, 512u * static_cast<unsigned>(tile)};
        check(same_bits(first, compute(c, launch, true, static_cast<unsigned>(tile), name)), name, "t" + std::to_string(tile) + " gives other bits");
    }
    const std::string tiled = "linear_tiled_" + format;
    const unsigned tiles = up(shape.features, shape.gated ? 64 : 128) * up(shape.tokens, 128);
    const Launch launch = {tiled.c_str(), {tiles, 1, 1}, 256, 65536};
    check(same_bits(first, compute(c, launch, true, 5, name)), name, "tiled gives other bits");

    const std::string wgmma = "linear_wgmma_" + format;
    if (has_kernel(wgmma.c_str()))
        for (unsigned seed : {0u, 3u, 8u}) check(same_bits(first, warpgroups(c, "round_rows_", rounding, seed, name)), name, "warpgroups give other bits");

    const std::string exact = "linear_exact_" + format;
    c.compare(compute(c, {exact.c_str(), {static_cast<unsigned>(shape.tokens), up(shape.features, 8), 1}, 256, 0}, false, 9, name), false, name + " exact");
}

// rms_norm and then the product, the product that normalises by itself, and rows that are normalised and rounded: one and the same.
void normed(const Shape& shape, int normType)
{
    Case c(shape);
    const std::string format = shape.f16 ? "f16" : "bf16";
    const std::string name = "normed linear " + format + " of " + std::to_string(shape.tokens) + " tokens, norm of type " + std::to_string(normType);
    const std::vector<float> norm = Random(3).normals(static_cast<std::size_t>(shape.columns));
    const std::vector<u16> norm16 = normType == 1 ? to_bf16(norm) : to_f16(norm);
    const void* weight = normType == 0 ? static_cast<const void*>(norm.data()) : norm16.data();
    std::vector<float> rows(c.source.size(), 0.0f);
    const unsigned tokens = static_cast<unsigned>(shape.tokens), features = up(shape.features, shape.gated ? 8 : 16);
    const RmsNorm norming = {rows.data(), c.sourceStride, c.source.data(), c.sourceStride, weight, normType, shape.columns, 1e-5f, 0};
    check(run({"rms_norm", {tokens, 1, 1}, 256, 128}, norming, 1).empty(), name);

    std::vector<float> expected = c.before;
    Linear p = c.parameters(expected, false);
    p.source = rows.data();
    const std::string plain = "linear_skinny_" + format + "_t8", itself = "linear_normed_" + format, small = "norm_rows_" + format, many = "linear_skinny_" + format + "_t16";
    check(run({plain.c_str(), {features, up(shape.tokens, 8), 1}, 256, 4096}, p, 2).empty(), name);
    for (unsigned seed = 0; seed < 4; seed++) {
        std::vector<float> found = c.before;
        Linear q = c.parameters(found, false);
        q.norm = weight;
        q.normType = normType;
        q.epsilon = 1e-5f;
        const std::string error = run({itself.c_str(), {features, up(shape.tokens, 8), 1}, 256, 4096 + 256}, q, seed);
        check(error.empty(), name, error);
        check(same_bits(expected, found), name, "gives other bits than rms_norm and the product");
    }

    RmsNorm rounding = norming;
    rounding.destination = c.rounded.data();
    check(run({small.c_str(), {tokens, 1, 1}, 256, 128}, rounding, 4).empty(), name);
    check(same_bits(expected, compute(c, {many.c_str(), {features, up(shape.tokens, 16), 1}, 256, 8192}, true, 5, name)), name, "rows in 16 bits give other bits");
    if (has_kernel("linear_wgmma_bf16")) check(same_bits(expected, warpgroups(c, "norm_rows_", norming, 6, name)), name, "warpgroups give other bits");
}

}  // namespace

void linear_tests()
{
    one_shape({1, 16, 256, false, false, false, false});
    one_shape({3, 37, 72, false, true, true, false});
    one_shape({9, 24, 40, true, false, false, false});
    one_shape({17, 33, 328, false, false, true, true});
    one_shape({20, 19, 616, true, false, false, true});
    one_shape({70, 150, 264, false, true, false, false});
    one_shape({130, 140, 1096, false, true, true, false});
    one_shape({200, 70, 808, true, false, false, false});
    normed({1, 33, 328, false, true, false, false}, 1);
    normed({8, 20, 616, true, false, false, false}, 0);
    normed({11, 17, 40, false, false, true, true}, 2);
    normed({3, 40, 16, false, false, false, true}, 1);
    Random random(ShapeSeed);
    for (int i = 0; i < RandomShapes; i++) {
        const bool gated = random.below(2) == 0;
        one_shape({1 + random.below(random.below(3) == 0 ? 150 : 12), 1 + random.below(90), 8 * (1 + random.below(60)), gated, !gated && random.below(2) == 0,
            !gated && random.below(2) == 0, random.below(2) == 0});
    }
}

}  // namespace tests
