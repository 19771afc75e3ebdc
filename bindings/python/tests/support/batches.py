"""Batches that tell their number, and notice any change to themselves."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

SMALL_ROWS = 10
"""Of a batch that is copied out of the ring."""
LARGE_ROWS = 10_000
"""Of one that is leased in place."""


def number_batch(number: int, rows: int = SMALL_ROWS) -> pa.RecordBatch:
    first = number * 1000
    return pa.record_batch(
        {
            'id': pa.array([number] * rows, pa.int64()),
            'value': pa.array(range(first, first + rows), pa.float64()),
        }
    )


def number_of(batch: pa.RecordBatch | pl.DataFrame) -> int:
    """The number of the batch; fails if any of its bytes is another's."""
    if isinstance(batch, pl.DataFrame):
        batch = batch.to_arrow().combine_chunks().to_batches()[0]
    number = batch.column('id')[0].as_py()
    assert isinstance(number, int)
    assert pc.all(pc.equal(batch.column('id'), number)).as_py()
    first = number * 1000
    expected = pa.array(range(first, first + batch.num_rows), pa.float64())
    assert batch.column('value').equals(expected), f'batch {number} changed'
    return number
