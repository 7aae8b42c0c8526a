#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What compiled PTX must be, beyond having compiled: tools/cuda/check-ptx.sh [FOLDER]. Prints a line a kernel; fails if
#   a file's version or target is not the intended one,
#   a kernel keeps something in local memory or calls a function (both would be slow, and a call of nothing would fail at load),
#   a kernel has fewer of the instructions it is made for than tools/cuda/expected-instructions.txt says.
# Says too whether kernels/machine is what nvcc's ptxas last accepted: clang pastes inline PTX unread, so only a machine with nvcc can tell.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=${1:-artifacts/cuda}
source tools/cuda/compilers.sh
failures=0
fail() { echo "FAILED $1"; failures=$((failures + 1)); }

shopt -s nullglob
files=("$folder"/kernels.sm_*.ptx.gz)
[ ${#files[@]} -gt 0 ] || { echo "no PTX in $folder"; exit 1; }
for file in "${files[@]}"; do
  arch=$(basename "$file" .ptx.gz) && arch=${arch#kernels.}
  ptx=$(zcat "$file")
  grep -q "^\.target $arch" <<< "$ptx" || fail "$file: target is $(grep -m1 '^\.target' <<< "$ptx")"
  # nvcc writes its own PTX version; clang the one it was asked for.
  if grep -q "LLVM NVPTX" <<< "$ptx"; then
    for entry in $PTX_ARCHITECTURES; do
      [ "sm_${entry%:*}" != "$arch" ] || grep -q "^\.version ${entry#*:}$" <<< "$ptx" || fail "$file: $(grep -m1 '^\.version' <<< "$ptx"), intended ${entry#*:}"
    done
  fi
  counts=$(awk '
    / \.entry / { name = $0; sub(/.*\.entry /, "", name); sub(/\(.*/, "", name); names[++n] = name }
    /mma\.sync/ { mma[name]++ }
    /cp\.async\.cg/ { copies[name]++ }
    /wgmma\.mma_async/ { products[name]++ }
    /cp\.async\.bulk\.tensor/ { boxes[name]++ }
    /ld\.[a-z.:_]*(L1::no_allocate\.)?v[24]\.[ub](32|64)/ || /ld\.global(\.nc)?(\.L1::no_allocate)?\.v4/ { wide[name]++ }
    /local_depot|\.local / { local[name]++ }
    /^[ \t]*call/ { calls[name]++ }
    END { for (i = 1; i <= n; i++) { k = names[i]; print k, mma[k] + 0, copies[k] + 0, wide[k] + 0, local[k] + 0, calls[k] + 0, products[k] + 0, boxes[k] + 0 } }' <<< "$ptx")
  echo "$arch: kernel, mma, cp.async, wide loads, local memory, calls, wgmma, tensor copies"
  while read -r name mma copies wide local calls products boxes; do
    echo "  $name $mma $copies $wide $local $calls $products $boxes"
    [ "$local" = 0 ] || fail "$arch $name keeps something in local memory"
    [ "$calls" = 0 ] || fail "$arch $name calls a function"
  done <<< "$counts"
  while read -r pattern leastMma leastCopies leastWide leastProducts leastBoxes; do
    case $pattern in '#'* | '') continue ;; esac
    [ "${leastProducts:-0}" = 0 ] || [ "$arch" = sm_90a ] || continue
    matched=0
    while read -r name mma copies wide _ _ products boxes; do
      [[ $name == $pattern ]] || continue
      matched=1
      [ "$mma" -ge "$leastMma" ] && [ "$copies" -ge "$leastCopies" ] && [ "$wide" -ge "$leastWide" ] \
        && [ "$products" -ge "${leastProducts:-0}" ] && [ "$boxes" -ge "${leastBoxes:-0}" ] \
        || fail "$arch $name has $mma mma, $copies cp.async, $wide wide loads, $products wgmma, $boxes tensor copies; expected at least $leastMma, $leastCopies, $leastWide, ${leastProducts:-0}, ${leastBoxes:-0}"
    done <<< "$counts"
    [ $matched = 1 ] || fail "$arch has no kernel $pattern"
  done < tools/cuda/expected-instructions.txt
done

accepted=$(cat tools/cuda/ptxas-accepted.txt)
if [ "$accepted" = "$(machine_hash)" ]; then
  echo "kernels/machine: as nvcc's ptxas accepted it"
else
  echo "kernels/machine: nvcc's ptxas has not seen it as it is (accepted: $accepted, now: $(machine_hash))"
fi
[ $failures = 0 ]
