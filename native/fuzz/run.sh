#!/usr/bin/env bash
# Fuzzes one target, `ipc` (the slot verifier) or `arena` (attaching, the slot table, the words of the ring): run.sh
# SECONDS [TARGET]. Needs clang with libFuzzer. What it learns stays in build/fuzz/learned-TARGET; an input
# that breaks a demand is left in build/fuzz as crash-*, and ends the run with an error.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=${1:?how many seconds}
target=${2:-ipc}
build=build/fuzz

cmake -S native -B "$build" -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DQADS_FUZZ=ON \
  -DQADS_BUILD_TESTS=ON -DQADS_SANITIZE=address,undefined -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null
cmake --build "$build" --target "${target}_fuzz"
learned=$build/learned-$target
mkdir -p "$learned"
case $target in
  ipc) corpus=(native/fuzz/corpus/ipc native/fuzz/corpus/ipc-refused) longest=16384 ;;
  arena) corpus=(native/fuzz/corpus/arena) longest=512 ;;
esac
exec "$build/fuzz/${target}_fuzz" -max_total_time="$seconds" -max_len="$longest" -timeout=20 -rss_limit_mb=2048 \
  -print_final_stats=1 -artifact_prefix="$build/" "$learned" "${corpus[@]}"
