#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compiles kernels.cu for the CPU, with the emulator of kernels/emulator, to a library for the tests: tools/cuda/build-emulator.sh [OUTPUT].
# Wants clang++ 19 or newer; without it, it says so and leaves nothing behind.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-artifacts/emulator}
source tools/cuda/compilers.sh

library=$out/libphi4_emulator.so
clang=$(find_clang)
if [ -z "$clang" ]; then
  echo "tools/cuda: no clang++ 19 or newer: the CUDA kernels are not tested"
  rm -rf "$out"
  exit 0
fi
hash=$(cat $(kernel_sources) kernels/emulator/* tools/cuda/*.sh | sha256sum)
if [ -e "$library" ] && [ "$(cat "$out/emulator.hash" 2>/dev/null)" = "$hash" ]; then exit 0; fi

mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$clang" $HOST_FLAGS $KERNEL_FLAGS -fvisibility=hidden -c kernels.cu -o "$work/kernels.o"
"$clang" $HOST_FLAGS -fvisibility=hidden -shared "$work/kernels.o" $(emulator_sources) -o "$work/library.so"
mv "$work/library.so" "$library"
echo "$hash" > "$out/emulator.hash"
