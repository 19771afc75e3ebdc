"""Medians of single operations in one process: `python bench/ring.py`. What is compared takes turns."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from qadataswap import Reader, Writer

MEGABYTE = 1_000_000
COLUMNS = 10


def batch_of(megabytes: int) -> pa.RecordBatch:
    rows = megabytes * MEGABYTE // (8 * COLUMNS)
    return pa.record_batch({f'c{column}': np.arange(rows) * 1.5 + column for column in range(COLUMNS)})


def seconds(operation: Callable[[], object]) -> float:
    start = time.perf_counter()
    result = operation()
    taken = time.perf_counter() - start
    del result
    return taken


def spread(values: list[float]) -> str:
    tenths = statistics.quantiles(values, n=10)
    return f'{statistics.median(values):.3g} ({tenths[0]:.3g} to {tenths[-1]:.3g})'


def reading(megabytes: int, runs: int) -> None:
    """From the call of read to a batch or frame whose columns are in place.

    Writing 100 MB leaves nothing of the program in the processor's caches, writing 1 MB does; so that only
    reading differs, other memory is gone through before each read.
    """
    batch = batch_of(megabytes)
    other = np.ones(100 * MEGABYTE, np.uint8)
    with Writer(f'bench.read.{os.getpid()}', size_mb=megabytes + 8) as writer, Reader(writer.name) as reader:
        arrow, frames = [], []
        for _ in range(runs):
            writer.write(batch)
            other += 1
            arrow.append(1e6 * seconds(reader.read_arrow))
            writer.write(batch)
            other += 1
            frames.append(1e6 * seconds(reader.read))
        copied = reader.stats().bytes_copied
    print(
        f'read {megabytes} MB: pyarrow {spread(arrow)} µs, polars {spread(frames)} µs, {copied} bytes copied'
    )


def writing(megabytes: int, runs: int) -> None:
    """Bytes per second, against numpy's copy of the same columns round memory as large as the ring."""
    batch = batch_of(megabytes)
    sources = [column.to_numpy() for column in batch.columns]
    size_mb = 2 * megabytes + 8
    target = np.ones(size_mb * 2**17)
    position = 0

    def copy() -> None:
        nonlocal position
        for source in sources:
            if position + len(source) > len(target):
                position = 0
            np.copyto(target[position : position + len(source)], source)
            position += len(source)

    with Writer(f'bench.write.{os.getpid()}', size_mb=size_mb) as writer, Reader(writer.name) as reader:
        ratios, rates = [], []
        # The first rounds touch the ring's pages.
        touching = 2 * size_mb // megabytes
        for run in range(runs + touching):
            written = seconds(lambda: writer.write(batch))
            copied = seconds(copy)
            reader.read_arrow()
            if run >= touching:
                ratios.append(copied / written)
                rates.append(batch.nbytes / written / 1e9)
    print(f'write {megabytes} MB: {spread(rates)} GB/s, ÷ memcpy {spread(ratios)}')


def small(runs: int) -> None:
    rows = 100
    batch = pa.record_batch({f'c{column}': np.arange(rows) * 1.5 for column in range(6)})
    with Writer(f'bench.small.{os.getpid()}', size_mb=1) as writer, Reader(writer.name) as reader:
        writes, reads = [], []
        for _ in range(runs):
            writes.append(1e6 * seconds(lambda: writer.write(batch)))
            reads.append(1e6 * seconds(reader.read_arrow))
    print(f'100 rows x 6: write {spread(writes)} µs, read {spread(reads)} µs')


print(f'load average {os.getloadavg()[0]:.1f}; medians (10th to 90th percentile)')
for size in (1, 10, 100):
    reading(size, 200 if size < 100 else 60)
for size in (1, 10, 100):
    writing(size, 200 if size < 100 else 60)
small(5000)
