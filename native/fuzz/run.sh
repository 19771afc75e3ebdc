#!/usr/bin/env bash
# Fuzzes the slot verifier: run.sh SECONDS. Needs clang with libFuzzer. What it learns stays in build/fuzz/learned;
# a slot that breaks a demand is left in build/fuzz as crash-*, and ends the run with an error.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=${1:?how many seconds}
build=build/fuzz

cmake -S native -B "$build" -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DQADS_FUZZ=ON \
  -DQADS_BUILD_TESTS=ON -DQADS_SANITIZE=address,undefined -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null
cmake --build "$build" --target ipc_fuzz
mkdir -p "$build/learned"
exec "$build/fuzz/ipc_fuzz" -max_total_time="$seconds" -max_len=16384 -rss_limit_mb=2048 -print_final_stats=1 \
  -artifact_prefix="$build/" "$build/learned" native/fuzz/corpus/ipc native/fuzz/corpus/ipc-refused
