// SPDX-License-Identifier: MIT
// A cache of signed bytes: appending against plain loops, attention against float64, and its two ways against each other bit for bit.
#include <algorithm>
#include <cstring>

#include "parameters.h"
#include "tests.h"

namespace tests {

namespace {

struct Shape {
    int tokens, group, kvHeads, headSize, pageSize, window;
};

// One sequence whose last tokens are in the batch; its pages follow one another from the last to the first.
class Bytes {
public:
    explicit Bytes(const Shape& shape, int length) : s(shape), _stored((shape.headSize + 15) / 16 * 16), _length(length), _pages(static_cast<int>(up(length, shape.pageSize)))
    {
        Random random(static_cast<unsigned>(length + shape.headSize));
        _cache.assign(static_cast<std::size_t>(_pages) * static_cast<std::size_t>(2 * s.kvHeads * head_run()), 0xFF);
        for (int page = 0; page < _pages; page++) _table.push_back(_pages - 1 - page);
        _key = random.normals(static_cast<std::size_t>(length * s.kvHeads * s.headSize));
        _value = random.normals(_key.size());
        _query = random.normals(static_cast<std::size_t>(s.tokens * s.group * s.kvHeads * s.headSize));
        for (int i = 0; i < s.headSize; i++) _value[static_cast<std::size_t>(i)] = 0.0f;
        for (int position = 0; position < length; position++) _slots.push_back(_table[static_cast<std::size_t>(position / s.pageSize)] * s.pageSize + position % s.pageSize);
        for (int t = 0; t < s.tokens; t++) _positions.push_back(length - s.tokens + t);
        const int rows = s.tokens * s.group;
        for (int row = 0; row < rows; row += 16) _tiles.insert(_tiles.end(), {0, row, std::min(16, rows - row), 0});
        _sequences.assign(static_cast<std::size_t>(s.tokens), 0);
    }

    void append(const std::string& name)
    {
        std::vector<float> query(static_cast<std::size_t>(_length * s.headSize), 0.0f), table(2, 0.0f), key = _key;
        const std::vector<int> rows(static_cast<std::size_t>(_length), 0);
        const RopeAndAppend p = {query.data(), s.headSize, key.data(), s.kvHeads * s.headSize, _value.data(), s.kvHeads * s.headSize, table.data(), 0, _cache.data(), rows.data(), _slots.data(), 1,
            s.kvHeads, s.headSize, 0, s.pageSize, 2};
        check(run_kernel("rope_and_append", {static_cast<unsigned>(_length), 1, 1}, 256, p, 5), name, "appending failed");
        bool same = true;
        for (int position = 0; position < _length; position++)
            for (int head = 0; head < s.kvHeads; head++)
                for (int isValue = 0; isValue < 2; isValue++) {
                    const float* source = (isValue ? _value : _key).data() + (position * s.kvHeads + head) * s.headSize;
                    float largest = 0.0f;
                    for (int d = 0; d < s.headSize; d++) largest = std::max(largest, std::fabs(source[d]));
                    const float factor = largest == 0.0f ? 0.0f : 127.0f / largest;
                    same &= scale(position, head, isValue) == largest / 127.0f;
                    for (int d = 0; d < s.headSize; d++) same &= code(position, head, isValue, d) == static_cast<int>(std::nearbyintf(source[d] * factor));
                }
        check(same, name, "keeps other bytes");
    }

    std::vector<float> attend(bool whole, unsigned seed, const std::string& name)
    {
        std::vector<float> destination(_query.size(), NAN), partial;
        const int tileCount = static_cast<int>(_tiles.size() / 4), units = static_cast<int>(up(_length, 64)), width = s.group * s.kvHeads * s.headSize;
        partial.assign(static_cast<std::size_t>(tileCount * s.kvHeads * units * 16 * (_stored + 2)), NAN);
        const Attention p = {destination.data(), width, _query.data(), width, _cache.data(), _table.data(), _pages, _positions.data(), _sequences.data(), _tiles.data(), partial.data(), tileCount, units,
            s.group * s.kvHeads, s.kvHeads, s.headSize, s.pageSize, s.window, 1.0f / std::sqrt(static_cast<float>(s.headSize)), 16, 0};
        const std::string kernel = std::string(whole ? "attention_whole_s8_d" : "attention_units_s8_d") + (s.headSize <= 64 ? "64" : s.headSize <= 128 ? "128" : "256");
        const unsigned heads = static_cast<unsigned>(s.kvHeads), count = static_cast<unsigned>(tileCount);
        if (whole) check(run_kernel(kernel.c_str(), {up(tileCount, 4), heads, 1}, 128, p, seed), name, kernel);
        else check(run_kernel(kernel.c_str(), {up(units, 4), heads, count}, 128, p, seed) && run_kernel("attention_combine", {count, heads, 16}, 128, p, seed), name, kernel);
        return destination;
    }

    void compare(const std::vector<float>& destination, const std::string& name) const
    {
        double worst = 0;
        for (int t = 0; t < s.tokens; t++)
            for (int head = 0; head < s.group * s.kvHeads; head++) {
                const int last = _positions[static_cast<std::size_t>(t)], first = std::max(0, last - s.window + 1), kvHead = head / s.group;
                const std::size_t row = static_cast<std::size_t>((t * s.group * s.kvHeads + head) * s.headSize);
                std::vector<double> weights;
                double sum = 0;
                for (int position = first; position <= last; position++) {
                    double score = 0;
                    for (int d = 0; d < s.headSize; d++)
                        score += static_cast<double>(widen(emulator::float_to_bf16(_query[row + static_cast<std::size_t>(d)]))) * code(position, kvHead, 0, d) * scale(position, kvHead, 0);
                    weights.push_back(std::exp(score / std::sqrt(s.headSize)));
                    sum += weights.back();
                }
                for (int d = 0; d < s.headSize; d++) {
                    double expected = 0, magnitude = 1e-9;
                    for (int position = first; position <= last; position++) {
                        const double term = weights[static_cast<std::size_t>(position - first)] * code(position, kvHead, 1, d) * scale(position, kvHead, 1) / sum;
                        expected += term;
                        magnitude += std::fabs(term);
                    }
                    const double off = std::fabs(destination[row + static_cast<std::size_t>(d)] - expected) / magnitude;
                    worst = off > worst || !(off == off) ? off : worst;
                }
            }
        check(worst < 1.0 / 256, name, "is off by " + std::to_string(worst) + " of the weighed mean of |v|");
    }

private:
    template <class Parameters>
    static bool run_kernel(const char* kernel, std::initializer_list<unsigned> grid, unsigned threads, const Parameters& p, unsigned seed)
    {
        const unsigned* g = grid.begin();
        return tests::run(Launch{kernel, {g[0], g[1], g[2]}, threads, 0}, p, seed).empty();
    }

    // The layout of KvLayerView, written from its description: bytes of a head's keys or values in a page, and of a block's.
    int block() const { return 16 * _stored + 64; }
    int head_run() const { return s.pageSize / 16 * block(); }
    const unsigned char* block_of(int position, int head, int isValue) const
    {
        const int slot = _slots[static_cast<std::size_t>(position)];
        return _cache.data() + ((slot / s.pageSize * s.kvHeads + head) * 2 + isValue) * head_run() + slot % s.pageSize / 16 * block();
    }
    int code(int position, int head, int isValue, int d) const
    {
        const int token = position % 16;
        return static_cast<signed char>(block_of(position, head, isValue)[isValue ? (token / 4 * _stored + d) * 4 + token % 4 : (d / 4 * 16 + token) * 4 + d % 4]);
    }
    float scale(int position, int head, int isValue) const
    {
        float value;
        std::memcpy(&value, block_of(position, head, isValue) + 16 * _stored + position % 16 * 4, 4);
        return value;
    }

    Shape s;
    int _stored, _length, _pages;
    std::vector<unsigned char> _cache;
    std::vector<int> _table, _slots, _positions, _sequences, _tiles;
    std::vector<float> _key, _value, _query;
};

void one_shape(const Shape& shape, int length)
{
    const std::string name = "a cache of bytes, " + std::to_string(length) + " positions, heads of " + std::to_string(shape.headSize);
    Bytes bytes(shape, length);
    bytes.append(name);
    const std::vector<float> whole = bytes.attend(true, 0, name);
    bytes.compare(whole, name);
    check(same_bits(whole, bytes.attend(true, 7, name)), name, "another seed gives other bits");
    check(same_bits(whole, bytes.attend(false, 8, name)), name, "units give other bits than the whole");
}

}  // namespace

void attention_bytes_tests()
{
    constexpr int All = 1 << 30;
    one_shape({1, 4, 2, 128, 16, All}, 150);
    one_shape({9, 3, 1, 20, 32, 50}, 70);
    one_shape({3, 2, 1, 80, 48, All}, 33);
    one_shape({2, 1, 1, 256, 16, All}, 80);
}

}  // namespace tests
