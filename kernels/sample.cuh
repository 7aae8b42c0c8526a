// SPDX-License-Identifier: MIT
#pragma once

// sample : destination[r] = the token that the CPU's sampler (Core, Sampling) chooses from logits[r, :] by row r of the plan: bias, masks, penalties;
//          temperature 0: argmax; else temperature, top-k, top-p, min-p, draw. -1 where every logit is NaN or negative infinity.
//          A row that isn't planned is left alone; of the others the logits hold anything afterwards.
// shapes   destination [R] I32   logits [R, V] F32, V <= 524288   plan: R SamplingRows, and behind them what they point to
// tile     one block of 1024 a row
// traffic  logits from the L2 cache: two readings for a greedy row, one more for each filter's sums and sixteen for its cut
// oracle   Sampler.Sample of Core. Weights, their sums and the draw have its bits; the masses by which top-p finds its cut are summed in another
//          order, so a cut can differ where a mass comes within 1e-12 of the wanted one
struct SamplingRow {
    u64 seed;
    i64 allowedAt;
    i64 biasesAt;
    i64 seenAt;
    int biasCount;
    int seenCount;
    int position;
    int topK;
    float temperature;
    float topP;
    float minP;
    float repetitionPenalty;
    float frequencyPenalty;
    float presencePenalty;
    int isPlanned;
    int reserved;
};
static_assert(sizeof(SamplingRow) == 80, "as in C#");

struct SampleParameters {
    int* destination;
    float* logits;
    i64 logitsStride;
    const u8* plan;
    int columns;
    int reserved;
};
static_assert(sizeof(SampleParameters) == 40, "as in C#");

#define SAMPLE_THREADS 1024
#define SAMPLE_WARPS (SAMPLE_THREADS / LANES)
// Candidates of top-k are few and live in shared memory. As SamplingPlan (C#) has it.
#define SAMPLE_MOST_TOP 2048
// Weights are summed by blocks of 1024, in a block by eight lanes.
#define SUM_BLOCK 1024
#define SUM_LANES 8
#define SAMPLE_MOST_SUMS 512

// A bias or, with an integer, how often the answer holds a token that was seen.
struct SamplingEntry {
    int id;
    u32 value;
};

struct SampleShared {
    double parts[3][SAMPLE_WARPS];
    double laneSums[SAMPLE_THREADS];
    double blockSums[SAMPLE_MOST_SUMS];
    double total;
    double passed;
    u32 words[2][SAMPLE_WARPS];
    Candidate best[SAMPLE_WARPS];
    int drawnBlock;
    int allowedTies;
    float topLogits[SAMPLE_MOST_TOP];
    int topIds[SAMPLE_MOST_TOP];
    float weights[SUM_BLOCK];
};
static_assert(sizeof(SampleShared) <= 36 * 1024, "as in C#");

// What is chosen from, in ascending order of id. What a filter drops becomes negative infinity.
struct Items {
    float* logits;
    const int* ids;
    int count;
    float largest;
    float temperature;

    // e^((logit - largest) / temperature).
    DEVICE_MEMBER float weight(int i) const
    {
        const float logit = logits[i];
        const float distance = logit == largest ? 0.0f : (largest - logit) / temperature;
        return distance < EXP_WEIGHTLESS ? exp_of_negative(-distance) : 0.0f;
    }
};

// The sum over the block, the same bits in every thread.
DEVICE double total_of_block(double value, double* parts)
{
    UNROLL for (int mask = 16; mask > 0; mask /= 2) value += shuffle_xor(value, mask);
    if (lane() == 0) parts[warp()] = value;
    block_barrier();
    double total = parts[0];
    for (int i = 1; i < SAMPLE_WARPS; i++) total += parts[i];
    return total;
}

DEVICE Candidate best_of_block(const Items& items, SampleShared& s)
{
    Candidate best = {NEGATIVE_INFINITY, ~0u};
    for (u32 i = thread_index(); i < (u32)items.count; i += SAMPLE_THREADS) {
        const Candidate seen = {items.logits[i], i};
        best = better(best, seen);
    }
    best = best_of_warp(best);
    if (lane() == 0) s.best[warp()] = best;
    block_barrier();
    return best_of_warp(s.best[lane()]);
}

// Floats as numbers that rise with them; both zeros are one.
DEVICE u32 key_of(float value)
{
    const u32 bits = float_to_bits(value + 0.0f);
    return bits >> 31 ? ~bits : bits | 0x80000000u;
}

DEVICE float value_of_key(u32 key) { return bits_to_float(key >> 31 ? key & 0x7fffffffu : ~key); }

// The lowest logit among the fewest best items that weigh at least `mass` (all items if they never do), and what of it the items that have
// just this logit are to cover.
struct Cut {
    float value;
    double rest;
};

// By quartering the keys between which the cut lies. Top-k counts, top-p weighs.
template <bool Counts>
DEVICE Cut find_cut(const Items& items, double mass, SampleShared& s)
{
    u32 low = key_of(-0x1.fffffep127f), high = key_of(items.largest);
    double above = 0.0;
    while (low < high) {
        const u64 span = high - low;
        const u32 first = low + (u32)((span + 3) / 4), second = low + (u32)((2 * span + 3) / 4), third = low + (u32)((3 * span + 3) / 4);
        const float a = value_of_key(first), b = value_of_key(second), c = value_of_key(third);
        double fromFirst = 0.0, fromSecond = 0.0, fromThird = 0.0;
        for (int i = (int)thread_index(); i < items.count; i += SAMPLE_THREADS) {
            const float logit = items.logits[i];
            if (!(logit >= a)) continue;
            const double weight = Counts ? 1.0 : (double)items.weight(i);
            fromFirst += weight;
            if (logit >= b) fromSecond += weight;
            if (logit >= c) fromThird += weight;
        }
        block_barrier();
        fromFirst = total_of_block(fromFirst, s.parts[0]);
        fromSecond = total_of_block(fromSecond, s.parts[1]);
        fromThird = total_of_block(fromThird, s.parts[2]);
        if (fromThird >= mass) low = third;
        else if (fromSecond >= mass) low = second, high = third - 1, above = fromThird;
        else if (fromFirst >= mass) low = first, high = second - 1, above = fromSecond;
        else high = first - 1, above = fromFirst;
    }
    const Cut cut = {value_of_key(low), mass - above};
    return cut;
}

// Of a warp's lanes those with a lower number that hold a one, and all that do.
DEVICE u32 ones_before(u32 one, u32* all)
{
    u32 before = 0, total = one;
    UNROLL for (int mask = 1; mask < LANES; mask *= 2) {
        const u32 other = shuffle_xor(total, mask);
        if (lane() & (u32)mask) before += other;
        total += other;
    }
    *all = total;
    return before;
}

// Keeps what is above the cut and, of what equals it, the first `allowed`. With `Compacts` the rest is left out and the kept are put together at the
// front of s.topLogits and s.topIds; without, the rest becomes negative infinity. A warp goes through a run of items of its own. How many are kept.
template <bool Compacts>
DEVICE int keep(const Items& items, float cut, int allowed, SampleShared& s)
{
    const int run = (items.count + SAMPLE_THREADS - 1) / SAMPLE_THREADS * LANES;
    const int begin = min_int((int)warp() * run, items.count), end = min_int(begin + run, items.count);
    u32 above = 0, ties = 0;
    for (int at = begin; at < end; at += LANES) {
        const float logit = at + (int)lane() < end ? items.logits[at + (int)lane()] : NEGATIVE_INFINITY;
        above += logit > cut ? 1u : 0u;
        ties += logit == cut ? 1u : 0u;
    }
    UNROLL for (int mask = 16; mask > 0; mask /= 2) {
        above += shuffle_xor(above, mask);
        ties += shuffle_xor(ties, mask);
    }
    block_barrier();
    if (lane() == 0) {
        s.words[0][warp()] = above;
        s.words[1][warp()] = ties;
    }
    block_barrier();
    int tiesBefore = 0, kept = 0, total = 0;
    for (int i = 0, seen = 0; i < SAMPLE_WARPS; i++) {
        const int ofWarp = (int)s.words[1][i];
        if (i == (int)warp()) tiesBefore = seen, kept = total;
        total += (int)s.words[0][i] + max_int(0, min_int(ofWarp, allowed - seen));
        seen += ofWarp;
    }
    for (int at = begin; at < end; at += LANES) {
        const int i = at + (int)lane();
        const float logit = i < end ? items.logits[i] : NEGATIVE_INFINITY;
        u32 tiesHere, keptHere;
        const u32 tiesOfLanes = ones_before(logit == cut ? 1u : 0u, &tiesHere);
        const bool stays = logit > cut || (logit == cut && tiesBefore + (int)tiesOfLanes < allowed);
        tiesBefore += (int)tiesHere;
        if (Compacts) {
            const u32 place = ones_before(stays ? 1u : 0u, &keptHere);
            if (stays) {
                s.topLogits[kept + (int)place] = logit;
                s.topIds[kept + (int)place] = i;
            }
            kept += (int)keptHere;
        } else if (i < end && !stays) {
            items.logits[i] = NEGATIVE_INFINITY;
        }
    }
    block_barrier();
    return total;
}

// Of the items that equal the cut, how many cover the rest of the mass: one after the other, as the CPU takes them off.
DEVICE int ties_that_cover(double rest, double weight, int most)
{
    int count = 0;
    for (; count < most && rest > 0.0; count++) rest -= weight;
    return count;
}

// All weights in the CPU's order: in a block item i goes to lane i % 8, then ((0+4)+(2+6))+((1+5)+(3+7)); blocks in rising order.
DEVICE void sum_weights(const Items& items, SampleShared& s)
{
    constexpr int Blocks = SAMPLE_THREADS / SUM_LANES;
    const int blocks = (items.count + SUM_BLOCK - 1) / SUM_BLOCK;
    for (int first = 0; first < blocks; first += Blocks) {
        const int block = first + (int)thread_index() / SUM_LANES;
        const int end = min_int((block + 1) * SUM_BLOCK, items.count);
        double sum = 0.0;
        for (int i = block * SUM_BLOCK + (int)thread_index() % SUM_LANES; i < end; i += SUM_LANES) sum += (double)items.weight(i);
        block_barrier();
        s.laneSums[thread_index()] = sum;
        block_barrier();
        if (thread_index() % SUM_LANES == 0 && block < blocks) {
            const double* lanes = s.laneSums + thread_index();
            s.blockSums[block] = ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
        }
    }
    block_barrier();
    if (thread_index() == 0) {
        double total = 0.0;
        for (int block = 0; block < blocks; block++) total += s.blockSums[block];
        s.total = total;
    }
    block_barrier();
}

// Philox4x32-10 (Salmon et al., SC 2011): the number in [0, 1) that belongs to a position of the answer under a seed.
DEVICE double uniform_of(u64 seed, int position)
{
    u32 x0 = (u32)position, x1 = 0, x2 = 0, x3 = 0, k0 = (u32)seed, k1 = (u32)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        const u64 a = (u64)0xD2511F53u * x0, b = (u64)0xCD9E8D57u * x2;
        x0 = (u32)(b >> 32) ^ x1 ^ k0;
        x1 = (u32)b;
        x2 = (u32)(a >> 32) ^ x3 ^ k1;
        x3 = (u32)a;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return (double)(((u64)x1 << 32 | x0) >> 11) * 0x1p-53;
}

// Where the running sum of weights passes the number: blocks first, then item by item in one block. Valid in thread 0.
DEVICE int draw(const Items& items, double uniform, SampleShared& s)
{
    double target = 0.0;
    if (thread_index() == 0) {
        const double below = bits_to_double(double_to_bits(s.total) - 1);
        target = uniform * s.total < below ? uniform * s.total : below;
        double passed = 0.0;
        int block = 0;
        for (; (block + 1) * SUM_BLOCK < items.count && !(passed + s.blockSums[block] > target); block++) passed += s.blockSums[block];
        s.drawnBlock = block;
        s.passed = passed;
    }
    block_barrier();
    const int start = s.drawnBlock * SUM_BLOCK, count = min_int(SUM_BLOCK, items.count - start);
    if ((int)thread_index() < count) s.weights[thread_index()] = items.weight(start + (int)thread_index());
    block_barrier();
    int drawn = 0;
    if (thread_index() == 0) {
        double passed = s.passed;
        for (int i = 0; i < count && passed <= target; i++) {
            if (!(s.weights[i] > 0.0f)) continue;
            drawn = i;
            passed += (double)s.weights[i];
        }
    }
    return items.ids ? items.ids[start + drawn] : start + drawn;
}

DEVICE void adjust(const SamplingRow& row, const u8* plan, float* logits, int columns)
{
    if (row.allowedAt) {
        const u32* allowed = reinterpret_cast<const u32*>(plan + row.allowedAt);
        for (int i = (int)thread_index(); i < columns; i += SAMPLE_THREADS)
            if (!(allowed[i / 32] >> i % 32 & 1u)) logits[i] = NEGATIVE_INFINITY;
        block_barrier();
    }
    const SamplingEntry* biases = reinterpret_cast<const SamplingEntry*>(plan + row.biasesAt);
    for (int i = (int)thread_index(); i < row.biasCount; i += SAMPLE_THREADS) logits[biases[i].id] += bits_to_float(biases[i].value);
    block_barrier();
    const SamplingEntry* seen = reinterpret_cast<const SamplingEntry*>(plan + row.seenAt);
    for (int i = (int)thread_index(); i < row.seenCount; i += SAMPLE_THREADS) {
        float logit = logits[seen[i].id];
        logit = logit > 0.0f ? logit / row.repetitionPenalty : logit * row.repetitionPenalty;
        if (seen[i].value) logit = logit - (float)seen[i].value * row.frequencyPenalty - row.presencePenalty;
        logits[seen[i].id] = logit;
    }
    block_barrier();
}

// The filters and the draw. Valid in thread 0.
DEVICE int choose(const SamplingRow& row, Items items, SampleShared& s)
{
    if (row.topK > 0 && row.topK < items.count) {
        const Cut cut = find_cut<true>(items, (double)row.topK, s);
        items.count = keep<true>(items, cut.value, (int)cut.rest, s);
        items.logits = s.topLogits;
        items.ids = s.topIds;
    }
    sum_weights(items, s);
    if (row.topP < 1.0f) {
        const Cut cut = find_cut<false>(items, (double)row.topP * s.total, s);
        // All that equal the cut weigh the same: the first of them stands for them.
        const float distance = cut.value == items.largest ? 0.0f : (items.largest - cut.value) / items.temperature;
        const double weight = distance < EXP_WEIGHTLESS ? (double)exp_of_negative(-distance) : 0.0;
        if (thread_index() == 0) s.allowedTies = ties_that_cover(cut.rest, weight, items.count);
        block_barrier();
        keep<false>(items, cut.value, s.allowedTies, s);
        sum_weights(items, s);
    }
    if (row.minP > 0.0f) {
        // The largest weighs 1, and no filter drops it.
        for (int i = (int)thread_index(); i < items.count; i += SAMPLE_THREADS)
            if (!(items.weight(i) >= row.minP)) items.logits[i] = NEGATIVE_INFINITY;
        block_barrier();
        sum_weights(items, s);
    }
    return draw(items, uniform_of(row.seed, row.position), s);
}

KERNEL(sample, SampleParameters, SAMPLE_THREADS, 1)
{
    begin_after_predecessor();
    SHARED(shared);
    SampleShared& s = *reinterpret_cast<SampleShared*>(shared);
    const SamplingRow& row = reinterpret_cast<const SamplingRow*>(p.plan)[block_x()];
    if (!row.isPlanned) return;
    Items items = {p.logits + block_x() * p.logitsStride, nullptr, p.columns, 0.0f, row.temperature};
    adjust(row, p.plan, items.logits, p.columns);
    const Candidate best = best_of_block(items, s);
    items.largest = best.value;
    int token = -1;
    if (best.index != ~0u && best.value > NEGATIVE_INFINITY) token = row.temperature == 0.0f ? (int)best.index : choose(row, items, s);
    if (thread_index() == 0) p.destination[block_x()] = token;
}
