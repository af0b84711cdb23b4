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
{
  cat <<'HEAD'
// SPDX-License-Identifier: Apache-2.0
// Espalier: the bridge's Python server; made by `Scripts/bridge_source.sh`.

/// `Bridges/python/espalier_bridge/server.py`, which `python3 -c` starts.
enum BridgeSource {
  static let text = ###"""
HEAD
  sed 's/^./    &/' "$server"
  printf '    """###\n}\n'
} >"$target"
