#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is carried to a card, in one file: tools/gpu/pack.sh [OUTPUT.tar.gz]. The kernels' sources and PTX, the tools beside this script, the command phi4 as a
# native program that wants no .NET, and the sample model. Fails if it is larger than 64 MiB, or if the program doesn't start where there is no SDK.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-artifacts/gpu-pack.tar.gz}
most=$((64 << 20))

bash tools/cuda/build.sh
linker=$(command -v clang > /dev/null || echo -p:CppCompilerAndLinker=gcc)
dotnet publish src/Phi4.Cli -c Release -r linux-x64 -p:PublishAot=true -p:StripSymbols=true -p:DebugType=none $linker -o artifacts/gpu-pack/bin --nologo -v quiet
rm -f artifacts/gpu-pack/bin/*.dbg artifacts/gpu-pack/bin/*.xml

# No .NET, no home, no path: what a bare machine has.
answer=$(env -i artifacts/gpu-pack/bin/phi4 run --model samples/phi4-sample --device cpu --temperature 0 "What is 12 + 30?")
echo "phi4 without an SDK: $answer"
[ -n "$answer" ]

files=(kernels.cu kernels tools/cuda tools/gpu samples/phi4-sample)
for ptx in artifacts/cuda/*; do files+=("$ptx"); done
tar -czf "$out" "${files[@]}" --transform 's,^artifacts/gpu-pack/bin,bin,' artifacts/gpu-pack/bin
bytes=$(stat -c %s "$out")
echo "$out: $bytes bytes of at most $most"
[ "$bytes" -le "$most" ]
