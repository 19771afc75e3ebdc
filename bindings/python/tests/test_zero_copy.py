"""Reads are in place, by address and by count, and views stay valid for as long as they are held."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from qadataswap import Reader, Writer

from .support.arenas import unique_name, until
from .support.batches import LARGE_ROWS, SMALL_ROWS, number_batch, number_of

ROWS = 200_000


def ranges_of(name: str) -> list[tuple[int, int]]:
    """Where this process has the arena mapped."""
    ranges = []
    for line in Path('/proc/self/maps').read_text().splitlines():
        if f'qads-arena.{name}' in line:
            begin, end = line.split()[0].split('-')
            ranges.append((int(begin, 16), int(end, 16)))
    return ranges


def in_arena(name: str, address: int) -> bool:
    return any(begin <= address < end for begin, end in ranges_of(name))


def frame() -> pl.DataFrame:
    return pl.DataFrame(
        {
            'i': pl.Series(range(ROWS), dtype=pl.Int64),
            'f': pl.Series(np.arange(ROWS) / 3),
            's': [f'number {i} as a string that is long' for i in range(ROWS)],
            'b': [i % 3 == 0 for i in range(ROWS)],
            'd': pl.Series(range(ROWS), dtype=pl.Int64).cast(pl.Datetime('us')),
            'l': [[i, i + 1] for i in range(ROWS)],
        }
    )


def buffers_of(table: pa.Table | pa.RecordBatch) -> list[pa.Buffer]:
    batch = table if isinstance(table, pa.RecordBatch) else table.to_batches()[0]
    return [buffer for column in batch.columns for buffer in column.buffers() if buffer is not None]


def test_arrow_buffers_point_into_the_ring() -> None:
    name = unique_name()
    with Writer(name, size_mb=64) as writer, Reader(name) as reader:
        writer.write(frame())
        batch = reader.read_arrow()
        assert batch is not None
        assert all(in_arena(name, buffer.address) for buffer in buffers_of(batch))
        assert reader.info is not None
        assert reader.info.leased
        assert reader.stats().bytes_copied == 0
        assert reader.stats().bytes == writer.stats().bytes > ROWS * 100


def test_polars_keeps_the_pointers_into_the_ring() -> None:
    name = unique_name()
    with Writer(name, size_mb=64) as writer, Reader(name) as reader:
        written = frame()
        writer.write(written)
        got = reader.read()
        assert got is not None
        exported = pa.RecordBatchReader.from_stream(got).read_next_batch()
        assert all(in_arena(name, buffer.address) for buffer in buffers_of(exported))
        assert reader.stats().bytes_copied == 0
        assert got.equals(written)


def test_numpy_views_point_into_the_ring_and_cannot_be_written() -> None:
    name = unique_name()
    with Writer(name, size_mb=64) as writer, Reader(name) as reader:
        writer.write(frame())
        got = reader.read()
        assert got is not None
        view = got['f'].to_numpy(allow_copy=False)
        assert in_arena(name, view.__array_interface__['data'][0])
        assert not view.flags.writeable
        with pytest.raises(ValueError, match='read-only'):
            view[0] = 1


def test_the_lease_ends_when_the_last_view_is_gone() -> None:
    name = unique_name()
    with Writer(name, size_mb=64) as writer, Reader(name) as reader:
        writer.write(frame())
        got = reader.read()
        assert got is not None
        view = got['f'].to_numpy(allow_copy=False)
        sliced = got['s'].slice(10, 3)
        del got
        gc.collect()
        assert reader.stats().leases == 1
        assert view[3] == 1.0
        del view
        gc.collect()
        assert reader.stats().leases == 1
        assert sliced.to_list() == [f'number {i} as a string that is long' for i in (10, 11, 12)]
        del sliced
        gc.collect()
        assert reader.stats().leases == 0


def test_the_lease_ends_on_any_thread() -> None:
    name = unique_name()
    with Writer(name, size_mb=64) as writer, Reader(name) as reader:
        writer.write(frame())
        held = [reader.read()]

        def drop() -> None:
            held.clear()

        thread = threading.Thread(target=drop)
        thread.start()
        thread.join()
        gc.collect()
        assert reader.stats().leases == 0


def test_polars_may_work_on_leased_columns_in_its_own_threads() -> None:
    name = unique_name()
    with Writer(name, size_mb=64) as writer, Reader(name) as reader:
        written = frame()
        writer.write(written)
        got = reader.read()
        assert got is not None
        query = (pl.col('i').filter(pl.col('b')).sum(), pl.col('s').str.len_bytes().sum(), pl.col('f').max())
        assert got.lazy().select(query).collect().equals(written.select(query))
        del got
        # Polars may free columns in its pool.
        until(lambda: reader.stats().leases == 0)


def test_small_batches_are_copied_out_of_the_ring_and_counted() -> None:
    name = unique_name()
    with Writer(name, size_mb=1) as writer, Reader(name) as reader:
        writer.write(number_batch(0, SMALL_ROWS))
        batch = reader.read_arrow()
        assert batch is not None
        assert reader.info is not None
        assert not reader.info.leased
        assert reader.stats().bytes_copied == reader.info.bytes
        assert not in_arena(name, batch.column(0).buffers()[1].address)


@pytest.mark.parametrize('rows', [SMALL_ROWS, LARGE_ROWS], ids=['small', 'large'])
def test_every_frame_ever_read_through_a_small_ring_can_be_kept(rows: int) -> None:
    name = unique_name()
    count = 100
    kept = []
    with Writer(name, size_mb=1, buffer_count=4) as writer, Reader(name) as reader:
        for number in range(count):
            # It never waits longer than an evacuation takes: what is held is read.
            writer.write(number_batch(number, rows), timeout=60)
            frame = reader.read(timeout=0)
            assert frame is not None
            kept.append(frame)
        stats = reader.stats()
        assert stats.leases == count
        if rows == LARGE_ROWS:
            assert stats.bytes_copied == 0
            assert stats.evacuations >= count - 8
    assert [number_of(frame) for frame in kept] == list(range(count))


def test_views_stay_valid_after_both_sides_closed() -> None:
    name = unique_name()
    with Writer(name, size_mb=4) as writer, Reader(name) as reader:
        writer.write(number_batch(7, LARGE_ROWS))
        batch = reader.read_arrow()
    assert batch is not None
    assert number_of(batch) == 7
    del batch
    gc.collect()


def test_a_write_borrows_its_data_only_while_it_runs() -> None:
    name = unique_name()
    with Writer(name, size_mb=4) as writer, Reader(name) as reader:
        values = np.arange(LARGE_ROWS)
        batch = pa.record_batch({'x': values})
        before = pa.total_allocated_bytes()
        writer.write(batch)
        writer.write(batch)
        values[:] = 0
        for _ in range(2):
            got = reader.read_arrow()
            assert got is not None
            assert got.column(0)[5].as_py() == 5
        assert pa.total_allocated_bytes() - before < 16 * 1024, 'no intermediate buffer stays'
