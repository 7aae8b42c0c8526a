#!/usr/bin/env bash
# Runs `dotnet test` with the given arguments and ends with one plain line over all test programs:
#   N passed, N failed            (and ", N skipped" where some were)
# Exit code: that of `dotnet test`; 1 if no test ran or a test failed whatever it said.
set -uo pipefail

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# One test program after the other: tests that bound a time share the machine with nobody.
DOTNET_CLI_UI_LANGUAGE=en dotnet test --max-parallel-test-modules 1 --no-ansi --progress off "$@" 2>&1 | tee "$log"
code=${PIPESTATUS[0]}

# The platform closes with a block of "  total: 5", "  failed: 0", "  succeeded: 5", "  skipped: 0".
count() { awk -v key="$1:" '/^Test run summary/ { inside = 1 } inside && $1 == key { n = $2 } END { print n + 0 }' "$log"; }
passed=$(count succeeded)
failed=$(count failed)
skipped=$(count skipped)

# A test program that crashed, or ran nothing, has no failed test to count: it counts itself.
failed=$((failed + $(count error)))
if [ "$code" -eq 0 ] && { [ "$failed" -gt 0 ] || [ $((passed + failed)) -eq 0 ]; }; then
  code=1
fi
if [ "$code" -ne 0 ] && [ "$failed" -eq 0 ]; then
  failed=1
fi

line="$passed passed, $failed failed"
if [ "$skipped" -gt 0 ]; then
  line="$line, $skipped skipped"
fi
echo "$line"
exit "$code"
