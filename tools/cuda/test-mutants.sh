#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Puts one bug at a time into the kernels of the house (kernels/tests/mutants.txt) and runs the native tests: tools/cuda/test-mutants.sh. Fails if the tests pass
# with a bug, or if a text of the list is not there any more. About twenty seconds a bug.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tools/cuda/compilers.sh

clang=$(find_clang)
[ -n "$clang" ] || { echo "tools/cuda: the kernel tests want clang++ 19 or newer" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for source in $(emulator_sources) kernels/tests/*.cu kernels/tests/*.cpp; do
  case $source in
    */library.cpp) ;;
    *.cu) "$clang" $HOST_FLAGS $KERNEL_FLAGS -c "$source" -o "$work/$(basename "$source").o" ;;
    *) "$clang" $HOST_FLAGS -c "$source" -o "$work/$(basename "$source").o" ;;
  esac
done

failures=0
while IFS=$'\t' read -r file from to; do
  case $file in '#'* | '') continue ;; esac
  from=$(printf '%b' "$from") to=$(printf '%b' "$to")
  rm -rf "$work/tree"
  mkdir "$work/tree"
  cp -r kernels kernels.cu "$work/tree"
  before=$(cat "kernels/$file")
  printf '%s\n' "${before/"$from"/"$to"}" > "$work/tree/kernels/$file"
  name="$file: ${from//$'\n'/ }"
  if cmp -s "kernels/$file" "$work/tree/kernels/$file"; then
    echo "FAILED $name is not there"
    failures=$((failures + 1))
    continue
  fi
  (cd "$work/tree" && "$clang" $HOST_FLAGS $KERNEL_FLAGS -Wno-unused-variable -c kernels.cu -o "$work/mutant.o")
  "$clang" "$work"/*.o -o "$work/tests"
  if timeout 300 "$work/tests" > "$work/log" 2>&1; then
    echo "FAILED nobody noticed $name"
    failures=$((failures + 1))
  else
    echo "found   $name  ($(grep -m1 FAILED "$work/log" | cut -c8-120))"
  fi
done < kernels/tests/mutants.txt
[ $failures = 0 ]
