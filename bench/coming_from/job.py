"""The small job that each program here does: one process makes record batches, another looks at each.

`python PROGRAM ROWS COUNT` prints the milliseconds from the first batch to the end of the last.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

COLUMNS = ['price', 'size', 'bid', 'ask', 'high', 'low']


def make_batches(rows: int, count: int) -> Iterator[pa.RecordBatch]:
    """The same batch again and again: what is measured is the way, not the making."""
    columns = [pa.array(np.arange(rows, dtype=np.float64) + i) for i in range(len(COLUMNS))]
    batch = pa.record_batch(columns, names=COLUMNS)
    for _ in range(count):
        yield batch


def look_at(batch: pa.RecordBatch) -> float:
    """What the consumer does with a batch: the first and the last price."""
    price = batch.column(0)
    return price[0].as_py() + price[-1].as_py()


def run(produce: Callable, consume: Callable, *shared: object) -> None:
    """Starts `consume(count, *shared)` in a process of its own, then calls `produce(batches, *shared)`."""
    rows, count = int(sys.argv[1]), int(sys.argv[2])
    context = multiprocessing.get_context('spawn')
    sums = context.SimpleQueue()
    consumer = context.Process(target=_report, args=(consume, count, sums, *shared))
    consumer.start()
    sums.get()  # the consumer has imported what it needs
    start = time.perf_counter()
    produce(make_batches(rows, count), *shared)
    total = sums.get()
    milliseconds = (time.perf_counter() - start) * 1000
    consumer.join()
    if total != count * (rows - 1):
        sys.exit(f'the consumer saw {total} instead of {count * (rows - 1)}')
    print(milliseconds)


def _report(consume: Callable, count: int, sums: multiprocessing.SimpleQueue, *shared: object) -> None:
    sums.put('ready')
    sums.put(consume(count, *shared))
