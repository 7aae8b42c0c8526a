#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The native kernel tests, plain and under each sanitizer: tools/cuda/test-kernels.sh [plain|thread|address ...]. Fails without clang++ 19.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tools/cuda/compilers.sh

clang=$(find_clang)
if [ -z "$clang" ]; then
  echo "tools/cuda: the kernel tests want clang++ 19 or newer (Debian: clang-19 and, for sanitizers, libclang-rt-19-dev)" >&2
  exit 1
fi
out=artifacts/kernel-tests
mkdir -p "$out"

# The emulator itself is built without sanitizers: it is the machine, not the program.
for source in $(emulator_sources); do
  [ "$(basename "$source")" = library.cpp ] || "$clang" $HOST_FLAGS -c "$source" -o "$out/emulator.$(basename "$source").o" &
done
wait

for variant in ${*:-plain thread address}; do
  case $variant in
    plain) flags="" ;;
    thread) flags="-fsanitize=thread -g1" ;;
    address) flags="-fsanitize=address,undefined -fsanitize-recover=address -fno-sanitize-recover=undefined -g1" ;;
    *) echo "no variant $variant" >&2; exit 1 ;;
  esac
  objects=()
  for source in kernels.cu kernels/tests/*.cu kernels/tests/*.cpp; do
    object=$out/$variant.$(basename "$source").o
    case $source in
      *.cu) "$clang" $HOST_FLAGS $KERNEL_FLAGS $flags -c "$source" -o "$object" & ;;
      *) "$clang" $HOST_FLAGS $flags -c "$source" -o "$object" & ;;
    esac
    objects+=("$object")
  done
  wait
  "$clang" $flags "${objects[@]}" "$out"/emulator.*.o -o "$out/$variant"
  echo "== $variant"
  rm -f "$out/$variant".log*
  if ! TSAN_OPTIONS="log_path=$out/$variant.log:exitcode=0:halt_on_error=0 ${TSAN_OPTIONS:-}" \
      ASAN_OPTIONS="log_path=$out/$variant.log:halt_on_error=0:detect_leaks=0:detect_stack_use_after_return=0 ${ASAN_OPTIONS:-}" \
      "$out/$variant"; then
    echo "reports are in $out/$variant.log*" >&2
    exit 1
  fi
done
