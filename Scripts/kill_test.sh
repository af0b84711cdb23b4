#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Kills training runs at random moments, resumes them, and compares them with a run that was never killed.
#
#   Scripts/kill_test.sh .build/release/espalier            20 rounds
#   ROUNDS=3 EPOCHS=30 SEED=7 Scripts/kill_test.sh espalier
#
# model.safetensors must be equal byte for byte, metrics.csv but for its last column, the seconds. Every second round
# goes on with another number of threads. Only processes that the script has started are ended, by their number.
set -euo pipefail

if [ $# -ne 1 ] || [ ! -x "$1" ]; then
  echo "usage: $0 path/to/espalier" >&2
  exit 64
fi
espalier=$(realpath "$1")
rounds=${ROUNDS:-20}
epochs=${EPOCHS:-60}
RANDOM=${SEED:-1}
folder=$(mktemp -d "${TMPDIR:-/tmp}/espalier-kill-XXXXXX")
running=
leave() {
  if [ -n "$running" ]; then kill -9 -- "-$running" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap leave EXIT

# Every child gets a process group of its own, named by its number.
set -m

train() {  # run folder, threads, further flags
  local run=$1 threads=$2
  shift 2
  "$espalier" train --data digits --hidden 256,256 --epochs "$epochs" --seed 1 --method gse \
    --run-dir "$run" --threads "$threads" --checkpoint-seconds 0 "$@"
}

without_seconds() { sed 's/,[^,]*$//' "$1"; }

started=$(date +%s%N)
train "$folder/whole" 1 >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
milliseconds=$(( ($(date +%s%N) - started) / 1000000 ))
echo "the whole run took $milliseconds ms"
without_seconds "$folder/whole/metrics.csv" >"$folder/expected.csv"

kills=0
for round in $(seq "$rounds"); do
  run=$folder/run$round
  threads=1
  if [ $((round % 2)) -eq 0 ]; then threads=2; fi
  planned=$((1 + RANDOM % 3))
  killed=0
  resume=()
  for _ in $(seq "$planned"); do
    train "$run" "$threads" ${resume[@]+"${resume[@]}"} >"$folder/log" 2>&1 &
    running=$!
    moment=$((1 + (RANDOM * 32768 + RANDOM) % milliseconds))
    sleep "$(printf '%d.%03d' $((moment / 1000)) $((moment % 1000)))"
    kill -9 -- "-$running" 2>/dev/null || true
    wait "$running" 2>/dev/null || true
    if [ ! -e "$run/summary.json" ]; then
      kills=$((kills + 1))
      killed=$((killed + 1))
    fi
    running=
    resume=()
    if [ -e "$run/state.safetensors" ]; then
      resume=(--resume)
    else
      rm -rf "$run"
    fi
    threads=$((3 - threads))
  done
  if [ ! -e "$run/summary.json" ]; then
    train "$run" "$threads" ${resume[@]+"${resume[@]}"} >"$folder/log" 2>&1 || {
      echo "round $round: the resumed run failed" >&2
      cat "$folder/log" >&2
      exit 1
    }
  fi
  if ! cmp "$run/model.safetensors" "$folder/whole/model.safetensors"; then
    echo "round $round: the model differs from that of the whole run" >&2
    exit 1
  fi
  if ! without_seconds "$run/metrics.csv" | diff - "$folder/expected.csv"; then
    echo "round $round: metrics.csv differs from that of the whole run" >&2
    exit 1
  fi
  if ls "$run" | grep -q '\.partial$'; then echo "round $round: leftovers: $(ls "$run")" >&2; fi
  echo "round $round: equal after $killed kills"
  rm -rf "$run"
done
echo "$rounds rounds, $kills kills: every run ends as the one that was never killed"
