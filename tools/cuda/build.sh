#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compiles kernels.cu to PTX: tools/cuda/build.sh [OUTPUT]. Wants nvcc 13 or clang++ 19 or newer (NVCC, CLANGXX name others); with neither it
# says so and leaves nothing behind, which is not an error: the .NET build goes on without CUDA.
# Leaves kernels.<arch>.ptx.gz for each architecture and kernels.hash, the hash of the sources.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-artifacts/cuda}
source tools/cuda/compilers.sh

sources=$(kernel_sources)
hash=$(cat $sources tools/cuda/build.sh tools/cuda/compilers.sh | sha256sum | cut -c1-32)
nvcc=$(find_nvcc) clang=$(find_clang)
if [ -z "$nvcc$clang" ]; then
  echo "tools/cuda: no nvcc 13 and no clang++ 19 or newer: this build has no CUDA"
  rm -rf "$out"
  exit 0
fi
if [ -e "$out/kernels.hash" ] && [ "$(cat "$out/kernels.hash")" = "$hash" ]; then exit 0; fi

mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for entry in $PTX_ARCHITECTURES; do
  arch=${entry%:*} version=${entry#*:}
  ptx=$work/kernels.sm_$arch.ptx
  if [ -n "$nvcc" ]; then
    "$nvcc" -ptx -std=c++17 -O3 -fmad=false -arch=compute_"$arch" -I. kernels.cu -o "$ptx"
  else
    "$clang" -x cuda --cuda-device-only -nocudainc -nocudalib -std=c++17 -O3 -ffp-contract=off -Wall -Wextra -Wno-unused-function -Werror \
      --cuda-gpu-arch=sm_"$arch" --cuda-feature=+ptx"${version//./}" -I. -S kernels.cu -o "$ptx"
  fi
  gzip -9 -n -c "$ptx" > "$work/kernels.sm_$arch.ptx.gz"
done
mv "$work"/*.ptx.gz "$out"
echo "$hash" > "$out/kernels.hash"
