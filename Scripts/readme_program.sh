#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Holds the program in README.md to Examples/Digits, which is compiled: the same lines, or an error.
set -euo pipefail
cd "$(dirname "$0")/.."

diff <(sed -n '/^```swift$/,/^```$/p' README.md | sed '1d;/^```$/,$d') <(sed '1,3d' Examples/Digits/main.swift) \
  || { echo "the program in README.md differs from Examples/Digits/main.swift" >&2; exit 1; }
