// SPDX-License-Identifier: MIT
#pragma once

#include "harness.h"

namespace tests {

void planted_tests();
void planted_hopper_tests();
void row_tests();
void linear_tests();
void block_tests();
void rope_linear_tests();
void attention_tests();
void attention_exact_tests();
void attention_bytes_tests();
void sample_tests();

}  // namespace tests
