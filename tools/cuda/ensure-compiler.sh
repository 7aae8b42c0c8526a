#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Where tests run as root on a Debian without a compiler for the kernels, a container or a build machine: installs clang-19 if it can be had.
# Never fails: without a compiler the kernels' tests are left out, and the build says so.
set -u
cd "$(dirname "$0")/../.."
source tools/cuda/compilers.sh
[ -z "$(find_nvcc)$(find_clang)" ] || exit 0
[ "$(id -u)" = 0 ] && [ -e /etc/debian_version ] && command -v apt-get > /dev/null || exit 0
[ -z "${PHI4_NO_INSTALL:-}" ] || exit 0
{
  apt-cache show clang-19 || timeout 120 apt-get update -qq
  DEBIAN_FRONTEND=noninteractive timeout 300 apt-get install -y -qq --no-install-recommends clang-19
} > /dev/null 2>&1 < /dev/null
[ -n "$(find_clang)" ] && echo "tools/cuda: installed clang-19 for the CUDA kernels" || echo "tools/cuda: clang-19 could not be installed"
exit 0
