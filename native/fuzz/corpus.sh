#!/usr/bin/env bash
# Makes the corpus of slots anew: native/fuzz/corpus/ipc, and of files that are none. Needs node with this project's packages, cargo, and a Python
# with the versions of pyarrow and polars that make_corpus.py names. Values differ when those versions do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
python=${PYTHON:-python3}
corpus=corpus/ipc

rm -rf "$corpus" "$corpus-refused"
"$python" make_corpus.py "$corpus-refused" --refused
"$python" make_corpus.py "$corpus"
cargo run --quiet --release --manifest-path arrow-rs/Cargo.toml -- rewrite "$corpus" \
  "$corpus"/py-{mixed,union-dense,utf8-view,dictionary-nested,list-view,ree16,deep,0-columns}.arrow
node make_corpus.mjs "$corpus"
