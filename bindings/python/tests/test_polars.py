"""DataFrames in, equal DataFrames out."""

from __future__ import annotations

import datetime
import decimal
import threading
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from qadataswap import InvalidArgumentError, Reader, SharedDataFrame, Writer

from .support.arenas import unique_name

DAY = datetime.date(2026, 11, 22)
NOON = datetime.datetime(2026, 11, 22, 12)

SERIES = {
    'integers': pl.Series([1, None, 3], dtype=pl.Int16),
    'unsigned': pl.Series([1, None, 2**64 - 1], dtype=pl.UInt64),
    'wide': pl.Series([1, None, 3], dtype=pl.Int64),
    'float': pl.Series([1.5, None, float('nan')]),
    'bool': pl.Series([True, None, False]),
    'string': pl.Series(['a', None, 'longer than the twelve bytes of a view']),
    'binary': pl.Series([b'a', None, b'\x00' * 40]),
    'date': pl.Series([DAY, None, DAY]),
    'time': pl.Series([datetime.time(1, 2), None, datetime.time(3)]),
    'datetime': pl.Series([NOON, None, NOON], dtype=pl.Datetime('us')),
    'datetime of a zone': pl.Series([NOON, None, NOON], dtype=pl.Datetime('ns', 'Europe/Vienna')),
    'duration': pl.Series([datetime.timedelta(1), None, datetime.timedelta(0)], dtype=pl.Duration('ms')),
    'decimal': pl.Series([decimal.Decimal('1.5'), None, decimal.Decimal(2)], dtype=pl.Decimal(20, 2)),
    'categorical': pl.Series(['x', None, 'y'], dtype=pl.Categorical),
    'enum': pl.Series(['x', None, 'y'], dtype=pl.Enum(['y', 'x'])),
    'list': pl.Series([['a'], None, []], dtype=pl.List(pl.String)),
    'array': pl.Series([[1, 2], None, [3, 4]], dtype=pl.Array(pl.Int32, 2)),
    'struct': pl.Series([{'a': 1, 'b': 'x'}, {'a': None, 'b': None}, {'a': 2, 'b': 'y'}]),
    'null': pl.Series([None, None, None]),
}


def through_arena(frame: pl.DataFrame | pl.LazyFrame, size_mb: float = 1) -> list[pl.DataFrame]:
    name = unique_name()
    with SharedDataFrame.create_writer(name, size_mb=size_mb) as writer, Reader(name) as reader:
        writer.write(frame)
        writer.end()
        return list(reader)


@pytest.mark.parametrize('series', SERIES.values(), ids=SERIES.keys())
def test_a_series_of_any_type_comes_through(series: pl.Series) -> None:
    frame = series.alias('x').to_frame()
    (got,) = through_arena(frame)
    assert_frame_equal(got, frame)


def test_a_frame_with_every_type_comes_through_with_its_slices() -> None:
    frame = pl.DataFrame(SERIES)
    for part in (frame, frame.slice(1), frame.head(0), frame.tail(1)):
        (got,) = through_arena(part)
        assert_frame_equal(got, part)


def test_a_lazy_frame_is_collected() -> None:
    frame = pl.DataFrame({'a': [1, 2, 3]})
    (got,) = through_arena(frame.lazy().filter(pl.col('a') > 1))
    assert_frame_equal(got, frame.slice(1))


def test_a_frame_in_chunks_is_one_batch() -> None:
    part = pl.DataFrame({'a': [1, 2], 's': ['x', 'a string that needs a buffer of its own']})
    frame = pl.concat([part, part, part], rechunk=False)
    assert frame.n_chunks() == 3
    (got,) = through_arena(frame)
    assert_frame_equal(got, frame)


def test_a_frame_in_chunks_that_is_larger_than_the_ring_comes_in_parts() -> None:
    part = pl.DataFrame({'a': range(100_000)})
    frame = pl.concat([part, part, part], rechunk=False)
    name = unique_name()
    frames: list[pl.DataFrame] = []
    with Reader(name, wait_ms=60_000) as reader:
        thread = threading.Thread(target=lambda: frames.extend(reader))
        thread.start()
        with Writer(name, size_mb=1) as writer:
            writer.write(frame)
        thread.join()
    assert len(frames) > 2
    assert_frame_equal(pl.concat(frames), frame)


def test_a_frame_without_columns_is_refused_with_advice() -> None:
    name = unique_name()
    with Writer(name, size_mb=1) as writer, pytest.raises(InvalidArgumentError, match='without columns'):
        writer.write(pl.DataFrame())


def test_a_frame_of_python_objects_is_refused() -> None:
    name = unique_name()
    frame = pl.DataFrame({'x': pl.Series([object()], dtype=pl.Object)})
    with (
        Writer(name, size_mb=1) as writer,
        pytest.raises(InvalidArgumentError, match='Python objects') as caught,
    ):
        writer.write(frame)
    assert name in str(caught.value)


def test_anything_with_an_arrow_stream_is_taken() -> None:
    class Stream:
        def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
            return pl.DataFrame({'a': [1, 2]}).__arrow_c_stream__(requested_schema)

    name = unique_name()
    with Writer(name, size_mb=1) as writer, Reader(name) as reader:
        writer.write(Stream())
        got = reader.read(timeout=0)
    assert got is not None
    assert got['a'].to_list() == [1, 2]


@pytest.mark.parametrize('data', [5, 'text', None, [1], pl.Series([1])], ids=repr)
def test_what_is_no_table_is_refused(data: Any) -> None:
    name = unique_name()
    with Writer(name, size_mb=1) as writer, pytest.raises(InvalidArgumentError, match=name):
        writer.write(data)
