// SPDX-License-Identifier: MIT
// Whether a planted bug is found, and the same kernel without it is clean.
#pragma once

#include "harness.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ADDRESS_SANITIZER 1
#elif __has_feature(thread_sanitizer)
#define WITH_THREAD_SANITIZER 1
#endif
#endif

namespace tests {

// How often something was found over eight seeds, and the first thing that was.
struct Findings {
    int errors = 0;
    int wrongValues = 0;
    int reports = 0;
    std::string first;

    bool any() const { return errors + wrongValues + reports > 0; }
};

struct PlantedRun {
    std::string error;
    bool isWrong;
};

inline Findings look(const std::function<PlantedRun(unsigned seed)>& runOnce)
{
    Findings findings;
    const int before = sanitizerReports;
    for (unsigned seed = 0; seed < 8; seed++) {
        const PlantedRun once = runOnce(seed);
        findings.errors += !once.error.empty();
        findings.wrongValues += once.error.empty() && once.isWrong;
        if (findings.first.empty()) findings.first = once.error;
    }
    findings.reports = sanitizerReports - before;
    return findings;
}

inline void check_clean(const std::string& kernel, const Findings& clean) { check(!clean.any(), kernel + " without its bug", clean.first); }

inline void check_found(const std::string& kernel, const Findings& found, bool isRace)
{
    std::printf("  %-28s %d errors, %d wrong results, %d sanitizer reports  %s\n", kernel.c_str(), found.errors, found.wrongValues, found.reports, found.first.c_str());
    check(found.any(), kernel + " with its bug", "nobody noticed");
#if WITH_THREAD_SANITIZER
    if (isRace) check(found.reports > 0, kernel, "ThreadSanitizer did not see the race");
#else
    (void)isRace;
#endif
}

}  // namespace tests
