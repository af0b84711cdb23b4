#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compiles the rooms that learn as Embedded Swift: a sparse network must also learn in a browser or on a small board.
#
#     Scripts/embedded.sh [TARGET]        default: wasm32-unknown-none-wasm; also armv7em-none-none-eabi
#
# Makes objects only; linking them is the business of the program that uses them.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${1:-wasm32-unknown-none-wasm}
out=.build/embedded/$target
mkdir -p "$out"
printf 'module CKernels { header "%s/Sources/CKernels/include/CKernels.h" export * }\n' "$PWD" > "$out/module.modulemap"

for room in SparseCore SparseTopology NeuralNetworks; do
  # shellcheck disable=SC2046  # file names of this repository hold no spaces
  swiftc -target "$target" -enable-experimental-feature Embedded -wmo -parse-as-library -swift-version 6 \
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault \
    -enable-upcoming-feature MemberImportVisibility -package-name espalier -warnings-as-errors \
    -I "$out" -Xcc -ffreestanding -module-name "$room" \
    -emit-module -emit-module-path "$out/$room.swiftmodule" -c -o "$out/$room.o" $(find "Sources/$room" -name "*.swift" | sort)
  echo "$room compiles as Embedded Swift for $target"
done
