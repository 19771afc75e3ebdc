"""Batches larger than the ring, and batches that refer to more than they show."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable

import polars as pl
import pyarrow as pa
import pytest

from qadataswap import BatchTooLargeError, InvalidArgumentError, NotFoundError, Reader, Writer

from .support.arenas import unique_name

LONG = 'a value that is longer than twelve bytes, number '


def read_all(name: str, parts: list[pa.RecordBatch]) -> threading.Thread:
    def run() -> None:
        with Reader(name, wait_ms=60_000) as reader, contextlib.suppress(NotFoundError):
            parts.extend(reader.batches())

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def through_small_ring(
    data: pa.RecordBatch | pa.Table | pl.DataFrame, size_mb: float = 1
) -> list[pa.RecordBatch]:
    name = unique_name()
    parts: list[pa.RecordBatch] = []
    thread = read_all(name, parts)
    with Writer(name, size_mb=size_mb) as writer:
        writer.write(data)
    thread.join()
    return parts


def together(parts: Iterable[pa.RecordBatch]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pa.Table.from_batches(parts).to_pylist()
    return rows


@pytest.mark.parametrize('string', [pa.string(), pa.large_string(), pa.string_view()], ids=str)
def test_a_batch_larger_than_the_ring_is_split_by_rows(string: pa.DataType) -> None:
    rows = 60_000
    batch = pa.record_batch(
        {
            'i': pa.array(range(rows), pa.int64()),
            's': pa.array([LONG + str(i) if i % 5 else None for i in range(rows)], string),
            'l': pa.array([[str(i), LONG + str(i)] for i in range(rows)], pa.list_(string)),
        }
    )
    parts = through_small_ring(batch)
    assert len(parts) > 4
    assert together(parts) == batch.to_pylist()


def test_parts_overlap_because_several_fit_the_ring() -> None:
    batch = pa.record_batch({'i': pa.array(range(1_000_000), pa.int64())})
    parts = through_small_ring(batch)
    assert all(part.nbytes <= 2**20 / 4 for part in parts)
    assert together(parts) == batch.to_pylist()


def test_rows_of_very_different_size_are_split_where_they_fit() -> None:
    sizes = [10] * 1000 + [200_000] * 3 + [10] * 1000 + [900_000, 5]
    batch = pa.record_batch({'s': pa.array(['x' * size for size in sizes])})
    parts = through_small_ring(batch)
    assert together(parts) == batch.to_pylist()


def test_a_row_that_cannot_fit_is_an_error_that_names_both_sizes_and_the_row() -> None:
    name = unique_name()
    batch = pa.record_batch({'s': ['x', 'y' * 3_000_000, 'z']})
    with Writer(name, size_mb=1, on_full='drop-oldest') as writer, Reader(name) as reader:
        with pytest.raises(BatchTooLargeError) as caught:
            writer.write(batch)
        message = str(caught.value)
        assert caught.value.code == 'ERR_QADS_BATCH_TOO_LARGE'
        assert name in message
        assert 'row 1 of the batch' in message
        assert '3000' in message
        assert str(2**20) in message
        assert 'its first 1 parts are written' in message
        first = reader.read_arrow(timeout=0)
        assert first is not None
        assert first.to_pylist() == [{'s': 'x'}]
        assert writer.write(pa.record_batch({'s': ['next']})) == 1


def test_a_dictionary_that_cannot_fit_is_an_error_that_says_so() -> None:
    name = unique_name()
    dictionary = pa.array(['x' * 1000 + str(i) for i in range(2000)])
    batch = pa.record_batch({'d': pa.DictionaryArray.from_arrays(pa.array([0, 1] * 100), dictionary)})
    with (
        Writer(name, size_mb=1) as writer,
        pytest.raises(BatchTooLargeError, match='row 0 of the batch with its dictionaries'),
    ):
        writer.write(batch)


def test_a_large_dictionary_is_repeated_in_few_parts() -> None:
    rows = 300_000
    dictionary = pa.array([f'{LONG}{i}' for i in range(5000)])
    indices = pa.array([i % 5000 for i in range(rows)], pa.int32())
    batch = pa.record_batch({'d': pa.DictionaryArray.from_arrays(indices, dictionary)})
    parts = through_small_ring(batch)
    assert len(parts) < 5
    assert together(parts) == batch.to_pylist()


def test_the_batches_of_a_table_stay_apart() -> None:
    table = pa.table({'a': pa.chunked_array([[1, 2], [3], [4, 5, 6]])})
    assert [part.to_pydict()['a'] for part in through_small_ring(table)] == [[1, 2], [3], [4, 5, 6]]


def test_try_write_refuses_what_takes_several_slots() -> None:
    name = unique_name()
    with Writer(name, size_mb=1) as writer:
        with pytest.raises(InvalidArgumentError, match='several'):
            writer.try_write(pa.table({'a': pa.chunked_array([[1, 2], [3]])}))
        with pytest.raises(InvalidArgumentError, match='several'):
            writer.try_write(pl.DataFrame({'a': range(1_000_000)}))
        assert writer.stats().batches == 0


def test_the_head_of_a_large_frame_is_written_without_the_rest() -> None:
    frame = pl.DataFrame(
        {
            's': [f'{LONG}{i}' for i in range(100_000)],
            'l': [[f'{LONG}{i}', None, 'short'] for i in range(100_000)],
            'r': [{'t': f'{LONG}{i}'.encode()} for i in range(100_000)],
        }
    ).with_columns(pl.when(pl.col('s').str.ends_with('3')).then(None).otherwise(pl.col('s')).alias('s'))
    name = unique_name()
    with Writer(name, size_mb=32) as writer, Reader(name) as reader:
        for part in (frame.slice(50_000, 1000), frame.head(10), frame.tail(7), frame.head(0)):
            writer.write(part)
            got = reader.read()
            assert got is not None
            assert got.equals(part)
            assert reader.info is not None
            assert reader.info.bytes < 500 * part.height + 5000
            batch = got.to_arrow(compat_level=pl.CompatLevel.newest())
            batch.validate(full=True)


def test_views_that_share_one_value_are_not_multiplied() -> None:
    value = LONG * 100
    frame = pl.DataFrame({'s': pl.Series([value]).new_from_index(0, 5000)})
    name = unique_name()
    with Writer(name, size_mb=32) as writer, Reader(name) as reader:
        writer.write(frame)
        got = reader.read()
        assert got is not None
        assert got.equals(frame)


def test_random_selections_of_views_come_through() -> None:
    frame = pl.DataFrame({'s': [None if i % 7 == 0 else LONG * (i % 4) + str(i) for i in range(20_000)]})
    name = unique_name()
    with Writer(name, size_mb=32) as writer, Reader(name) as reader:
        for seed in range(40):
            part = frame.sample(seed * 11 + 1, seed=seed)
            writer.write(part)
            got = reader.read()
            assert got is not None
            assert got.equals(part)
