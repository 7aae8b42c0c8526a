// SPDX-License-Identifier: MIT
#pragma once

struct PlantedParameters {
    float* output;
    const float* input;
    int planted;
    int reserved;
};
