#!/bin/sh
# Writes the bridge's Python server into the library as a text, so that the tool needs no file beside it.
#   Scripts/bridge_source.sh
set -eu
cd "$(dirname "$0")/.."
server=Bridges/python/espalier_bridge/server.py
target=Sources/Environments/Bridge/BridgeSource.swift
if grep -q '"""###' "$server"; then
  echo "$server: holds the end of a Swift text" >&2
  exit 1
fi
rest=Sources/Environments/Bridge/BridgeSource+Rest.swift
# In two files, since one would be too long to read: cut at the first empty line behind the middle.
half=$(awk -v all="$(wc -l <"$server")" 'NR > all / 2 && /^$/ { print NR; exit }' "$server")
{
  cat <<'HEAD'
// SPDX-License-Identifier: Apache-2.0
// Espalier: the bridge's Python server, its first half; made by `Scripts/bridge_source.sh`.

/// `Bridges/python/espalier_bridge/server.py`, which `python3 -c` starts.
enum BridgeSource {
  /// The whole program.
  static var text: String { start + "\n" + rest }

  private static let start = ###"""
HEAD
  head -n "$half" "$server" | sed 's/^./    &/'
  printf '    """###\n}\n'
} >"$target"
{
  cat <<'HEAD'
// SPDX-License-Identifier: Apache-2.0
// Espalier: the bridge's Python server, its second half; made by `Scripts/bridge_source.sh`.

extension BridgeSource {
  static let rest = ###"""
HEAD
  tail -n "+$((half + 1))" "$server" | sed 's/^./    &/'
  printf '    """###\n}\n'
} >"$rest"
