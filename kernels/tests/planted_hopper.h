// SPDX-License-Identifier: MIT
#pragma once

struct PlantedHopperParameters {
    float* output;
    const void* map;
    const void* plainMap;
    int planted;
    int reserved;
};
