#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the documentation archive of the library; any warning, such as a link that leads nowhere, is an error.
#
#     Scripts/documentation.sh [FOLDER]      default: .build/documentation/Espalier.doccarchive
#
# `import Espalier` brings every room, so the archive shows them as one module: the rooms' symbol graphs are taken one
# by one, and the name of their module is replaced.
set -euo pipefail
cd "$(dirname "$0")/.."

archive=${1:-.build/documentation/Espalier.doccarchive}
graphs=.build/documentation/graphs
rooms="SparseCore SparseTopology NeuralNetworks Datasets Training Environments Reinforcement Entities"

swift build --target Espalier
products=$(swift build --show-bin-path)
target=$(swiftc -print-target-info | sed -n 's/^ *"triple": "\(.*\)",*$/\1/p' | head -1)
if [ "$(uname)" = Darwin ]; then
  run=xcrun
  sdk="-sdk $(xcrun --show-sdk-path)"
else
  run=
  sdk=
fi

rm -rf "$graphs" "$archive"
mkdir -p "$graphs" "$(dirname "$archive")"
for room in $rooms; do
  # shellcheck disable=SC2086  # no SDK is no argument
  $run swift-symbolgraph-extract -module-name "$room" -target "$target" $sdk \
    -I "$products/Modules" -I Sources/CZlib -Xcc -fmodule-map-file="$products/CKernels.build/module.modulemap" \
    -minimum-access-level public -skip-synthesized-members -output-dir "$graphs"
done
for room in $rooms; do
  for graph in "$graphs"/*.symbols.json; do
    sed "s/\"module\":{\"name\":\"$room\"/\"module\":{\"name\":\"Espalier\"/" "$graph" > "$graph.new"
    mv "$graph.new" "$graph"
  done
done

$run docc convert Sources/Espalier/Espalier.docc --additional-symbol-graph-dir "$graphs" --output-path "$archive" \
  --fallback-display-name Espalier --fallback-bundle-identifier espalier --warnings-as-errors
echo "documentation in $archive"
