# SPDX-License-Identifier: MIT
# What the scripts beside this one share: which compilers there are, and which files a kernel is made of.

# nvcc 13 or newer, or nothing.
find_nvcc() {
  local nvcc
  nvcc=$(command -v "${NVCC:-nvcc}" || true)
  if [ -n "$nvcc" ] && [ "$("$nvcc" --version | sed -n 's/.*release \([0-9]*\)\..*/\1/p')" -ge 13 ]; then echo "$nvcc"; fi
}

# clang++ 19 or newer, or nothing.
find_clang() {
  local name clang
  for name in "${CLANGXX:-clang++}" clang++-22 clang++-21 clang++-20 clang++-19; do
    clang=$(command -v "$name" || true)
    if [ -n "$clang" ] && [ "$("$clang" -dumpversion | cut -d. -f1)" -ge 19 ]; then
      echo "$clang"
      return
    fi
  done
}

kernel_sources() { echo kernels.cu; find kernels -maxdepth 1 -name '*.h' -o -maxdepth 1 -name '*.cuh' | LC_ALL=C sort; find kernels/machine -name '*.cuh' | LC_ALL=C sort; }

emulator_sources() { find kernels/emulator -name '*.cpp' | LC_ALL=C sort; }

# Of the wrappers of instructions: what ptxas has to have seen.
machine_hash() { find kernels/machine -name '*.cuh' | LC_ALL=C sort | xargs cat | sha256sum | cut -c1-32; }

# compute_80 runs on everything since Ampere; 90a adds what only Hopper has. Behind the colon the PTX version that clang writes: the lowest that
# knows the instructions, for the sake of older drivers.
PTX_ARCHITECTURES="80:7.1 90a:8.0"

# Host code: products and sums are fused only where the source says so, as on the device.
HOST_FLAGS="-std=c++17 -O2 -march=native -ffp-contract=off -fPIC -Wall -Wextra -Werror -I."
KERNEL_FLAGS="-x c++ -Wno-unused-function -Wno-unknown-pragmas"
