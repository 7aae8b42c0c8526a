// SPDX-License-Identifier: MIT
// Native tests of the kernels on the emulator; built once plain and once with each sanitizer (`make test-kernels`).
#include "tests.h"

// Sanitizers call these for every report. They must not be watched themselves: a report on a report never ends.
#define UNWATCHED __attribute__((no_sanitize("thread", "address", "undefined")))
extern "C" UNWATCHED void __tsan_on_report(void*) { tests::sanitizerReports++; }
extern "C" UNWATCHED void __asan_on_error() { tests::sanitizerReports++; }

int main()
{
    std::printf("planted bugs, eight seeds each:\n");
    tests::planted_tests();
    tests::planted_hopper_tests();
    const int ofPlanted = tests::sanitizerReports;
    tests::row_tests();
    tests::linear_tests();
    tests::block_tests();
    tests::rope_linear_tests();
    tests::attention_tests();
    tests::attention_exact_tests();
    tests::attention_bytes_tests();
    tests::sample_tests();
    tests::check(tests::sanitizerReports == ofPlanted, "no sanitizer report on a kernel of the house");
    std::printf("%d passed, %d failed\n", tests::passed, tests::failed);
    return tests::failed == 0 ? 0 : 1;
}
