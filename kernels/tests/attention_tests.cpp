// SPDX-License-Identifier: MIT
// Rotation, the cache and attention together against float64; the two ways through attention against each other bit for bit.
#include <algorithm>

#include "parameters.h"
#include "tests.h"

namespace tests {

namespace {

struct Shape {
    int queryHeads, kvHeads, headSize, rotarySize, pageSize, window;
    std::vector<int> past, fresh;
};

// A batch over a cache that already holds each sequence's past.
class Batch {
public:
    explicit Batch(const Shape& shape) : s(shape), _random(static_cast<unsigned>(shape.headSize)), _stored((shape.headSize + 15) / 16 * 16)
    {
        int longest = 0;
        for (std::size_t i = 0; i < s.past.size(); i++) longest = std::max(longest, s.past[i] + s.fresh[i]);
        _pages = static_cast<int>(up(longest, s.pageSize));
        const int sequences = static_cast<int>(s.past.size());
        // What was never written is not a number, and a page that no sequence reaches is none at all.
        cache.assign(static_cast<std::size_t>(sequences * _pages * s.kvHeads) * 2 * s.pageSize * _stored, 0x7fff);
        tables.assign(static_cast<std::size_t>(sequences * _pages), -1);
        table = _random.normals(static_cast<std::size_t>(longest * s.rotarySize));
        for (int sequence = 0; sequence < sequences; sequence++) {
            const int length = s.past[static_cast<std::size_t>(sequence)] + s.fresh[static_cast<std::size_t>(sequence)];
            for (int page = 0; page < static_cast<int>(up(length, s.pageSize)); page++)
                tables[static_cast<std::size_t>(sequence * _pages + page)] = (page * sequences + sequence * 7) % (sequences * _pages);
        }
        distinct_pages();
        for (int sequence = 0; sequence < sequences; sequence++) fill(sequence, 0, s.past[static_cast<std::size_t>(sequence)], false);
        for (int sequence = 0; sequence < sequences; sequence++)
            fill(sequence, s.past[static_cast<std::size_t>(sequence)], s.fresh[static_cast<std::size_t>(sequence)], true);
        tiles = tiles_of(16);
    }

    void append()
    {
        std::vector<float> q = rawQuery, k = rawKey, v = rawValue;
        const int tokens = static_cast<int>(positions.size());
        const RopeAndAppend parameters = {q.data(), s.queryHeads * s.headSize, k.data(), s.kvHeads * s.headSize, v.data(), s.kvHeads * s.headSize,
            table.data(), s.rotarySize, cache.data(), positions.data(), slots.data(), s.queryHeads, s.kvHeads, s.headSize, s.rotarySize, s.pageSize, 0};
        const std::string error = run({"rope_and_append", {static_cast<unsigned>(tokens), 1, 1}, 256, 0}, parameters, 3);
        check(error.empty(), "rope_and_append", error);
        check(same_bits(q, query), "rope_and_append", "rotates queries otherwise");
        check(same_bits(k, key), "rope_and_append", "rotates keys otherwise");
        bool stored = true;
        for (int t = 0; t < tokens; t++)
            for (int head = 0; head < s.kvHeads; head++)
                for (int d = 0; d < _stored; d++) {
                    const std::size_t at = static_cast<std::size_t>((t * s.kvHeads + head) * s.headSize + d);
                    const u16 wanted = d < s.headSize ? emulator::float_to_bf16(key[at]) : u16{0};
                    const u16 wantedValue = d < s.headSize ? emulator::float_to_bf16(rawValue[at]) : u16{0};
                    stored &= cache[key_element(slots[static_cast<std::size_t>(t)], head, d)] == wanted;
                    stored &= cache[value_element(slots[static_cast<std::size_t>(t)], head, d)] == wantedValue;
                }
        check(stored, "rope_and_append", "stores otherwise");
    }

    Attention parameters(std::vector<float>& destination, std::vector<float>& partial)
    {
        const int width = s.queryHeads * s.headSize;
        _units = static_cast<int>(up(_pages * s.pageSize, 64)) + 1;
        int partRows = 0;
        for (std::size_t i = 2; i < tiles.size(); i += 4) partRows = std::max(partRows, (tiles[i] + 3) / 4 * 4);
        partial.assign(tiles.size() / 4 * static_cast<std::size_t>(s.kvHeads * _units * partRows * (_stored + 2)), NAN);
        return {destination.data(), width, query.data(), width, cache.data(), tables.data(), _pages, positions.data(), sequenceOfToken.data(), tiles.data(),
            partial.data(), static_cast<int>(tiles.size() / 4), _units, s.queryHeads, s.kvHeads, s.headSize, s.pageSize, s.window,
            1.0f / std::sqrt(static_cast<float>(s.headSize)), partRows, 0};
    }

    std::vector<float> attend(bool whole, unsigned seed)
    {
        std::vector<float> destination(query.size(), NAN), partial;
        const Attention p = parameters(destination, partial);
        const std::string size = s.headSize <= 64 ? "64" : s.headSize <= 128 ? "128" : "256";
        const unsigned kvHeads = static_cast<unsigned>(s.kvHeads), count = static_cast<unsigned>(p.tileCount);
        const std::string kernel = (whole ? "attention_whole_d" : "attention_units_d") + size;
        std::string error = whole ? run({kernel.c_str(), {up(p.tileCount, 4), kvHeads, 1}, 128, 0}, p, seed)
                                  : run({kernel.c_str(), {up(_units, 4), kvHeads, count}, 128, 0}, p, seed);
        if (!whole && error.empty()) error = run({"attention_combine", {count, kvHeads, 16}, 128, 0}, p, seed);
        check(error.empty(), kernel, error);
        return destination;
    }

    // By products of warpgroups, over tiles of up to 128 rows.
    std::vector<float> attend_by_warpgroups(unsigned seed)
    {
        std::vector<float> destination(query.size(), NAN), partial;
        Attention p = parameters(destination, partial);
        const std::vector<int> large = tiles_of(128);
        p.tiles = large.data();
        p.tileCount = static_cast<int>(large.size() / 4);
        const std::string error = run({"attention_wgmma_d128", {static_cast<unsigned>(p.tileCount), static_cast<unsigned>(s.kvHeads), 1}, 256, 98304}, p, seed);
        check(error.empty(), "attention_wgmma_d128", error);
        return destination;
    }

    void compare(const std::vector<float>& destination)
    {
        double worst = 0;
        const int group = s.queryHeads / s.kvHeads;
        for (std::size_t t = 0; t < positions.size(); t++)
            for (int head = 0; head < s.queryHeads; head++) {
                const int last = positions[t], first = std::max(0, last - s.window + 1), kvHead = head / group;
                const float* q = query.data() + (static_cast<int>(t) * s.queryHeads + head) * s.headSize;
                std::vector<double> scores;
                for (int position = first; position <= last; position++) {
                    double score = 0;
                    for (int d = 0; d < s.headSize; d++)
                        score += static_cast<double>(widen(emulator::float_to_bf16(q[d]))) * widen(cache[key_element(slot(sequenceOfToken[t], position), kvHead, d)]);
                    scores.push_back(score / std::sqrt(s.headSize));
                }
                const double largest = *std::max_element(scores.begin(), scores.end());
                double sum = 0;
                for (double& score : scores) sum += score = std::exp(score - largest);
                for (int d = 0; d < s.headSize; d++) {
                    double expected = 0, magnitude = 1e-9;
                    for (int position = first; position <= last; position++) {
                        const double v = widen(cache[value_element(slot(sequenceOfToken[t], position), kvHead, d)]);
                        expected += scores[static_cast<std::size_t>(position - first)] * v / sum;
                        magnitude += scores[static_cast<std::size_t>(position - first)] * std::fabs(v) / sum;
                    }
                    const float got = destination[(t * static_cast<std::size_t>(s.queryHeads) + static_cast<std::size_t>(head)) * static_cast<std::size_t>(s.headSize) + static_cast<std::size_t>(d)];
                    const double off = std::fabs(got - expected) / magnitude;
                    worst = off > worst || !(off == off) ? off : worst;
                }
            }
        check(worst < 1.0 / 256, "attention with heads of " + std::to_string(s.headSize), "is off by " + std::to_string(worst) + " of the weighed mean of |v|");
    }

    Shape s;
    std::vector<u16> cache;
    std::vector<int> tables, positions, slots, sequenceOfToken, tiles;
    std::vector<float> table, rawQuery, rawKey, rawValue, query, key;

private:
    int slot(int sequence, int position) const
    {
        return tables[static_cast<std::size_t>(sequence * _pages + position / s.pageSize)] * s.pageSize + position % s.pageSize;
    }

    // The layout of KvLayerView, written from its description.
    std::size_t run_of(int slot, int head, int value) const
    {
        const int page = slot / s.pageSize, inPage = slot % s.pageSize;
        return (static_cast<std::size_t>(page * s.kvHeads + head) * 2 + static_cast<std::size_t>(value)) * static_cast<std::size_t>(s.pageSize * _stored)
            + static_cast<std::size_t>(inPage / 16 * 16 * _stored);
    }
    std::size_t key_element(int slot, int head, int d) const { return run_of(slot, head, 0) + static_cast<std::size_t>((d / 2 * 16 + slot % 16) * 2 + d % 2); }
    std::size_t value_element(int slot, int head, int d) const
    {
        return run_of(slot, head, 1) + static_cast<std::size_t>((slot % 16 / 2 * _stored + d) * 2 + slot % 2);
    }

    void distinct_pages()
    {
        int next = 0;
        for (int& page : tables)
            if (page >= 0) page = next++;
        std::reverse(tables.begin(), tables.begin() + up(s.past[0] + s.fresh[0], s.pageSize));
    }

    void rotate(std::vector<float>& heads, std::size_t from, int headCount, int position) const
    {
        const int half = s.rotarySize / 2;
        const float* cosines = table.data() + position * s.rotarySize;
        for (int head = 0; head < headCount; head++)
            for (int i = 0; i < half; i++) {
                float& a = heads[from + static_cast<std::size_t>(head * s.headSize + i)];
                float& b = heads[from + static_cast<std::size_t>(head * s.headSize + i + half)];
                const float x = a, y = b;
                a = x * cosines[i] - y * cosines[half + i];
                b = y * cosines[i] + x * cosines[half + i];
            }
    }

    void fill(int sequence, int from, int count, bool inBatch)
    {
        for (int position = from; position < from + count; position++) {
            const int at = slot(sequence, position);
            const std::vector<float> k = _random.normals(static_cast<std::size_t>(s.kvHeads * s.headSize)), v = _random.normals(k.size());
            if (!inBatch) {
                for (int head = 0; head < s.kvHeads; head++)
                    for (int d = 0; d < _stored; d++) {
                        const std::size_t i = static_cast<std::size_t>(head * s.headSize + d);
                        cache[key_element(at, head, d)] = d < s.headSize ? emulator::float_to_bf16(k[i]) : u16{0};
                        if (d < s.headSize) cache[value_element(at, head, d)] = emulator::float_to_bf16(v[i]);
                    }
                continue;
            }
            const std::vector<float> q = _random.normals(static_cast<std::size_t>(s.queryHeads * s.headSize));
            for (auto [all, one] : {std::pair{&rawQuery, &q}, {&rawKey, &k}, {&rawValue, &v}, {&query, &q}, {&key, &k}}) all->insert(all->end(), one->begin(), one->end());
            rotate(query, query.size() - q.size(), s.queryHeads, position);
            rotate(key, key.size() - k.size(), s.kvHeads, position);
            positions.push_back(position);
            slots.push_back(at);
            sequenceOfToken.push_back(sequence);
        }
    }

    std::vector<int> tiles_of(int rows) const
    {
        std::vector<int> all;
        const int group = s.queryHeads / s.kvHeads;
        int token = 0;
        for (int fresh : s.fresh) {
            for (int row = 0; row < fresh * group; row += rows) all.insert(all.end(), {token, row, std::min(rows, fresh * group - row), 0});
            token += fresh;
        }
        return all;
    }

    Random _random;
    int _stored;
    int _pages = 0;
    int _units = 0;
};

void one_shape(const Shape& shape)
{
    Batch batch(shape);
    batch.append();
    const std::vector<float> whole = batch.attend(true, 0);
    batch.compare(whole);
    check(same_bits(whole, batch.attend(true, 11)), "attention", "another seed gives other bits");
    check(same_bits(whole, batch.attend(false, 12)), "attention with heads of " + std::to_string(shape.headSize), "units give other bits than the whole");
    if (shape.headSize <= 128 && has_kernel("attention_wgmma_d128"))
        for (unsigned seed : {0u, 5u}) check(same_bits(whole, batch.attend_by_warpgroups(seed)), "attention with heads of " + std::to_string(shape.headSize), "warpgroups give other bits");
}

}  // namespace

void attention_tests()
{
    constexpr int All = 1 << 30;
    one_shape({4, 1, 128, 128, 16, All, {200, 0, 63}, {1, 5, 2}});
    one_shape({6, 2, 64, 32, 32, All, {0, 130}, {20, 1}});
    one_shape({3, 3, 36, 24, 16, 70, {150, 10}, {3, 9}});
    one_shape({20, 1, 80, 40, 48, All, {65}, {2}});
    one_shape({8, 2, 128, 128, 32, All, {70, 3}, {40, 37}});
    one_shape({2, 1, 256, 256, 16, 100, {260}, {4}});
    Random random(ShapeSeed);
    for (int i = 0; i < RandomShapes; i++) {
        const int kvHeads = 1 + random.below(3), group = 1 + random.below(random.below(4) == 0 ? 20 : 5), headSize = 2 * (1 + random.below(random.below(3) == 0 ? 128 : 40));
        const int rotarySize = 2 * (1 + random.below(headSize / 2)), window = random.below(2) == 0 ? All : 1 + random.below(200);
        Shape shape = {kvHeads * group, kvHeads, headSize, rotarySize, 16 * (1 + random.below(4)), window, {}, {}};
        for (int sequences = 1 + random.below(3); sequences > 0; sequences--) {
            shape.past.push_back(random.below(4) == 0 ? 0 : random.below(300));
            shape.fresh.push_back(1 + random.below(random.below(2) == 0 ? 30 : 2));
        }
        one_shape(shape);
    }
}

}  // namespace tests
