// SPDX-License-Identifier: MIT
#pragma once

// What all ways of computing attention over a rounded cache have in common (attention.cuh, attention_wgmma.cuh): the operands, the tiles, and how a row's softmax is
// put together from units of 64 positions, so that all come to the same bits.

struct AttentionParameters {
    float* destination;
    i64 destinationStride;
    const float* query;
    i64 queryStride;
    const void* cache;
    const int* pageTables;
    i64 pageTableStride;
    const int* positions;
    const int* sequenceOfToken;
    const int* tiles;
    float* partial;
    int tileCount;
    int unitCount;
    int queryHeads;
    int kvHeads;
    int headSize;
    int pageSize;
    int window;
    float scale;
    int partRows;
    int reserved;
};
static_assert(sizeof(AttentionParameters) == 128, "as in C#");

#define UNIT_POSITIONS 64
#define UNIT_STEPS 2
#define STEP_POSITIONS 32
#define TILE_HEIGHT 16

// Sixteen rows: row r of the tile is number first + r of the sequence's rows in this batch, a token's heads of the group side by side.
struct AttentionTile {
    int firstToken;
    int firstRow;
    int rowCount;
    int group;

    DEVICE_MEMBER int token(int row) const { return firstToken + (firstRow + row) / group; }
    DEVICE_MEMBER int head(int row, int kvHead) const { return kvHead * group + (firstRow + row) % group; }
};

DEVICE AttentionTile load_tile(const AttentionParameters& p, int index)
{
    const int* tile = p.tiles + (i64)index * 4;
    const AttentionTile loaded = {tile[0], tile[1], tile[2], p.queryHeads / p.kvHeads};
    return loaded;
}

DEVICE int first_visible(const AttentionParameters& p, int position) { return position < p.window ? 0 : position - p.window + 1; }

// What one row's softmax has come to.
struct Softmax {
    float largest;
    float sum;
};

// How two parts of a row go together.
struct Merge {
    float ofFirst;
    float ofSecond;
    bool sees;

    DEVICE_MEMBER float value(float first, float second) const { return sees ? fma(first, ofFirst, second * ofSecond) : first; }
};

// The second part leaves no trace, not even in a zero's sign, if the row sees nothing of it.
DEVICE Merge merge_into(Softmax& total, const Softmax& part)
{
    const float largest = max_float(total.largest, part.largest);
    Merge merge;
    merge.sees = part.largest != NEGATIVE_INFINITY;
    merge.ofFirst = exp2_approximate(total.largest - largest);
    merge.ofSecond = exp2_approximate(part.largest - largest);
    total.sum = merge.value(total.sum, part.sum);
    if (merge.sees) total.largest = largest;
    return merge;
}
