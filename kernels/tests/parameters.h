// SPDX-License-Identifier: MIT
// The parameter structs of the kernels, as launching code must fill them: a second writing of what stands beside each kernel, so that the two
// have to agree. The C# side's structs are a third.
#pragma once

#include <cstdint>

namespace tests {

using i64 = std::int64_t;
using u16 = std::uint16_t;

struct Linear {
    float* destination; i64 destinationStride;
    const void* source; i64 sourceStride;
    const void* weight; i64 weightStride;
    const void* up; i64 upStride;
    const void* bias; int biasType; int addResidual;
    int tokens; int features; int columns; int normType; const void* norm; float epsilon; int reserved;
};

struct LinearBlocks {
    float* destination; i64 destinationStride;
    const void* source; i64 sourceStride;
    const std::uint8_t* blocks; const std::uint8_t* upBlocks;
    const void* bias; int biasType; int addResidual;
    int tokens; int features; int columns; int hasOffsets;
    std::uint8_t tableLow[16]; std::uint8_t tableHigh[16];
    const void* norm; int normType; float epsilon;
};

struct LinearWgmma { Linear linear; const void* weightMap; const void* upMap; const void* sourceMap; };

struct RoundRows { u16* destination; i64 destinationStride; const float* source; i64 sourceStride; int columns; int order; };

struct Embed { float* destination; i64 destinationStride; const void* table; i64 tableStride; const int* ids; int tableType; int columns; };

struct RmsNorm { void* destination; i64 destinationStride; const float* source; i64 sourceStride; const void* weight; int weightType; int columns; float epsilon; int order; };

struct GatherRows { float* destination; i64 destinationStride; const float* source; i64 sourceStride; const int* rows; int columns; int reserved; };

struct Argmax { int* destination; const float* logits; i64 logitsStride; int columns; int reserved; };

struct SamplingRow {
    std::uint64_t seed; i64 allowedAt; i64 biasesAt; i64 seenAt; int biasCount; int seenCount; int position; int topK;
    float temperature; float topP; float minP; float repetitionPenalty; float frequencyPenalty; float presencePenalty; int isPlanned; int reserved;
};

struct Sample { int* destination; float* logits; i64 logitsStride; const void* plan; int columns; int reserved; };

struct CopyBytes { void* destination; const void* source; i64 count; };

struct RopeAndAppend {
    float* query; i64 queryStride; float* key; i64 keyStride; const float* value; i64 valueStride; const float* table; i64 tableStride;
    void* cache; const int* ropeRows; const int* slots;
    int queryHeads; int kvHeads; int headSize; int rotarySize; int pageSize; int cacheType;
};

struct LinearRope { Linear linear; RopeAndAppend rope; };

struct Attention {
    float* destination; i64 destinationStride; const float* query; i64 queryStride; const void* cache; const int* pageTables; i64 pageTableStride;
    const int* positions; const int* sequenceOfToken; const int* tiles; float* partial;
    int tileCount; int unitCount; int queryHeads; int kvHeads; int headSize; int pageSize; int window; float scale;
    int partRows; int reserved;
};

}  // namespace tests
