"""Keeps every DataFrame that ever came through a ring of 64 MB: `keep_everything.py [FRAMES]`.

10000 frames of 1 MB by default, which takes 10 GB of memory.

A frame that is held does not hold the writer back: its pages are moved out of the ring, at the same address.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

import numpy as np
import polars as pl

from qadataswap import SharedDataFrame

ROWS = 125_000


def write(arena: str, count: int) -> None:
    with SharedDataFrame.create_writer(arena, size_mb=64) as writer:
        for number in range(count):
            writer.write(pl.DataFrame({'n': np.arange(ROWS) + number}))


def main(count: int) -> None:
    arena = f'keep-everything-{os.getpid()}'
    writer = subprocess.Popen([sys.executable, __file__, arena, str(count)])
    start = time.perf_counter()
    with SharedDataFrame.create_reader(arena, wait_ms=60_000) as reader:
        kept = list(reader)
        seconds = time.perf_counter() - start
        copied = reader.stats().bytes_copied
    if writer.wait() != 0:
        raise SystemExit('the writer failed')
    expected = np.arange(ROWS)
    for number, frame in enumerate(kept):
        if not np.array_equal(frame['n'].to_numpy() - number, expected):
            raise SystemExit(f'frame {number} changed')
    megabytes = sum(frame.estimated_size('mb') for frame in kept)
    print(f'{len(kept)} frames, {megabytes:.0f} MiB, kept through a ring of 64 MiB in {seconds:.1f} s')
    print(f'every value is as it was written; {copied} bytes copied by reading')


if __name__ == '__main__':
    if len(sys.argv) == 3:
        write(sys.argv[1], int(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) == 2 else 10_000)
