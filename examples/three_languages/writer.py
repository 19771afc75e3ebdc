"""Writes the flights as Polars DataFrames: `writer.py ARENA FLIGHTS.parquet`. Tells their sums too."""

from __future__ import annotations

import sys
import time

import polars as pl

from qadataswap import SharedDataFrame

ROWS_PER_FRAME = 100_000

arena, file = sys.argv[1:]
flights = pl.read_parquet(file)
with SharedDataFrame.create_writer(arena, size_mb=64) as writer:
    while writer.stats().readers < 2:
        time.sleep(0.001)
    for frame in flights.iter_slices(ROWS_PER_FRAME):
        # Waits here for the slower of the two readers.
        writer.write(frame)

print(f'{flights.height} rows')
for column in flights:
    total = column.sum() if column.dtype.is_numeric() else '-'
    print(f'{column.name}: {column.dtype}, {column.null_count()} null, sum {total}')
