#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the tables and pictures of Documentation/Entities/Gallery.md anew.
#
#     Scripts/entities_gallery.sh [TOOL]        default: the release build of this package
set -euo pipefail
cd "$(dirname "$0")/.."

tool=${1:-$(swift build -c release --show-bin-path)/espalier}
out=Documentation/Entities

for name in weather mc-equal mc-epsilon xor trap; do
  "$tool" entities --example "$name" --svg "$out/$name.svg" --hasse "$out/$name-hierarchy.svg" --top 8 > "$out/$name.txt"
done
"$tool" entities --example mc-epsilon --svg "$out/mc-epsilon-whole.svg" --mark 9 > /dev/null
"$tool" entities --example rule-110 --levels 5 --svg "$out/rule-110.svg" --top 6 > "$out/rule-110.txt"
"$tool" entities scan --rule 110 --ring 64 --steps 4 --width 4 --top 5 --svg "$out/rule-110-scan.svg" > "$out/rule-110-scan.txt"
"$tool" entities --example life --levels 5 --svg "$out/life.svg" --top 4 > "$out/life.txt"
"$tool" entities actions --example thermostat --variables heater --top 2 > "$out/thermostat.txt"
"$tool" entities actions --example mc-epsilon --top 1 > "$out/mc-epsilon-actions.txt"
