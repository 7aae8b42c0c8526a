#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Everything a card can tell about the kernels, in one command and under ten minutes: tools/gpu/run.sh [OUTPUT]. Wants an NVIDIA driver, nvcc and g++; no
# network, no .NET. Stages: compile, tests against float64, compute-sanitizer, peers (if there is PyTorch), benches, the engine. Each stage says how it went; a failed
# one does not stop the others, but the exit code remembers.
set -uo pipefail
cd "$(dirname "$0")/../.."
out=${1:-artifacts/gpu}
mkdir -p "$out"
source tools/cuda/compilers.sh
failed=0
stage() {
  local name=$1 seconds=$2
  shift 2
  echo "== $name"
  local begin=$SECONDS
  timeout "$seconds" "$@" 2>&1 | tee "$out/$name.log" | tail -n "${LINES_SHOWN:-60}"
  local status=${PIPESTATUS[0]}
  echo "   $name: exit $status after $((SECONDS - begin)) s"
  [ "$status" = 0 ] || failed=1
}

capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -n 1 | tr -d '. ')
nvidia-smi --query-gpu=name,driver_version,clocks.max.sm,power.limit,memory.total --format=csv | tee "$out/card.txt"
case $capability in 90) arch=90a ;; 80 | 86 | 89) arch=$capability ;; *) arch=80 ;; esac
nvcc=$(find_nvcc)

# Registers, shared memory and spills of every kernel; what ptxas accepts here is written down for tools/cuda/check-ptx.sh.
compile() {
  "$nvcc" -cubin -std=c++17 -O3 -fmad=false -arch=sm_"$arch" -Xptxas -v -I. kernels.cu -o "$out/kernels.cubin" \
    && "$nvcc" -ptx -std=c++17 -O3 -fmad=false -arch=compute_80 -I. kernels.cu -o "$out/kernels.sm_80.ptx" \
    && machine_hash > "$out/ptxas-accepted.txt"
}
if [ -n "$nvcc" ]; then
  LINES_SHOWN=3 stage compile 240 compile
  grep -E 'Compiling entry|registers|spill' "$out/compile.log" | sed -E "s/ptxas info *: //; s/Compiling entry function '([^']*)'.*/\1/" \
    | paste - - - | awk '{ print $1, $0 }' | cut -d' ' -f2- | tee "$out/registers.txt"
  # Products of warpgroups that ptxas does one after the other, and why.
  grep -E "C75[0-9][0-9]|wgmma" "$out/compile.log" | grep -v "Compiling entry" | sort | uniq -c | head -20
  module=$out/kernels.cubin
else
  echo "no nvcc 13: PTX from tools/cuda/build.sh is used, and compiled by the driver"
  bash tools/cuda/build.sh && zcat "artifacts/cuda/kernels.sm_$([ "$arch" = 90a ] && echo 90a || echo 80).ptx.gz" > "$out/kernels.ptx"
  module=$out/kernels.ptx
fi

host="${CXX:-g++} -std=c++17 -O2 -I."
$host tools/gpu/driver.cpp tools/gpu/on_device.cpp kernels/emulator/conversions.cpp kernels/tests/{row,linear,block,rope_linear,attention,attention_exact,attention_bytes,sample}_tests.cpp -ldl -o "$out/on-device" || failed=1
$host tools/gpu/driver.cpp tools/gpu/bench.cpp -ldl -o "$out/bench" || failed=1

stage tests 60 "$out/on-device" "$module"
# PTX made without a toolkit, on the same tests, if it was carried along: the driver's compiler has the last word on it.
for ptx in artifacts/cuda/kernels.sm_80.ptx.gz artifacts/cuda/kernels.sm_90a.ptx.gz; do
  if [ -e "$ptx" ] && { [ "$arch" = 90a ] || [ "${ptx%90a.ptx.gz}" = "$ptx" ]; }; then
    zcat "$ptx" > "$out/$(basename "${ptx%.gz}")"
    stage "tests-$(basename "${ptx%.ptx.gz}")" 90 "$out/on-device" "$out/$(basename "${ptx%.gz}")"
  fi
done
if command -v compute-sanitizer > /dev/null; then
  stage memcheck 90 compute-sanitizer --tool memcheck --error-exitcode 1 "$out/on-device" "$module"
  stage racecheck 90 compute-sanitizer --tool racecheck --error-exitcode 1 "$out/on-device" "$module"
fi

# Matrix peak: what torch.matmul reaches on this card now, or the data sheet's.
peak=${PEAK_TFLOPS:-0}
if python3 -c 'import torch' 2> /dev/null; then
  stage peers 120 python3 tools/gpu/peers.py "$out/peers.json"
  peak=$(python3 -c "import json; print(json.load(open('$out/peers.json'))['peak_tflops'])" 2> /dev/null || echo "$peak")
fi
stage bench 180 "$out/bench" "$module" "$out/bench.json" "$peak"
# The engine itself, where the pack brought it (tools/gpu/pack.sh): greedy tokens of the processor and of the card, then logits beside transformers'.
if [ -x bin/phi4 ]; then
  same_tokens() {
    local device
    for device in cpu cuda; do
      bin/phi4 run --model samples/phi4-sample --device $device --temperature 0 "What is 12 + 30?" > "$out/answer.$device.txt" || return 1
    done
    cmp "$out/answer.cpu.txt" "$out/answer.cuda.txt" && cat "$out/answer.cuda.txt"
  }
  stage engine 60 same_tokens
  if python3 -c 'import transformers' 2> /dev/null; then stage logits 90 python3 tools/gpu/logits.py bin/phi4 samples/phi4-sample "$out/logits.json"; fi
fi
echo "results are in $out: registers.txt, bench.json, peers.json, logs by stage"
exit $failed
