"""Batches that pyarrow or polars refuse: an error with a code, and reading goes on."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

import qadataswap
from qadataswap import Reader, Writer, _native, aio

from .support.arenas import unique_name
from .support.batches import number_batch, number_of
from .test_arrow_types import COLUMNS, DAYS, INTERVALS, MONTHS

FOREIGN = [name for name in COLUMNS if 'union' in name or 'list_view' in name] + [
    'run_end_encoded',
    'decimal256',
    'month_day_nano',
]

FRAMES = {'lz4': b'\x04\x22\x4d\x18', 'zstd': b'\x28\xb5\x2f\xfd'}
"""What a compressed buffer begins with."""


def foreign_batch(name: str) -> pa.RecordBatch:
    return pa.record_batch({'good': pa.array([1, 2, 3]), 'bad': COLUMNS[name]})


@pytest.mark.parametrize('codec', FRAMES)
def test_a_compressed_body_that_is_damaged_is_corrupt_and_the_next_batch_is_read(codec: str) -> None:
    name = unique_name()
    batch = number_batch(0, 10_000)
    sink = _native.PartSink()
    options = pa.ipc.IpcWriteOptions(compression=codec)
    with pa.ipc.new_file(pa.PythonFile(sink, mode='w'), batch.schema, options=options) as file:
        file.write_batch(batch)
    encoder = _native.SlotEncoder([])
    encoder.plan_file(sink)
    writer = _native.Writer(name, 2**20, 8, 2, 0, 0o600, False, 0)
    with Reader(name) as first, Reader(name) as second:
        for _ in range(2):
            writer.place(encoder, 0)
        info = qadataswap.inspect_arena(name)
        with Path('/dev/shm', f'qads-arena.{name}').open('r+b') as segment:
            segment.seek(info.total_bytes - info.capacity)
            place = segment.read(encoder.size).index(FRAMES[codec])
            segment.seek(info.total_bytes - info.capacity + place)
            segment.write(b'\xff' * 4)
        for reader, read in ((first, first.read), (second, second.read_arrow)):
            with pytest.raises(
                qadataswap.CorruptError, match=f'arena "{name}": batch 0 is refused'
            ) as caught:
                read(timeout=0)
            assert isinstance(caught.value.__cause__, (OSError, pa.ArrowException))
            got = reader.read_arrow(timeout=0)
            assert got is not None
            assert number_of(got) == 0
            assert reader.info is not None
            assert reader.info.sequence == 1
    writer.close()


@pytest.mark.parametrize('kind', FOREIGN)
def test_a_type_that_polars_lacks_is_an_error_and_the_batch_can_be_had_as_arrow(kind: str) -> None:
    name = unique_name()
    batch = foreign_batch(kind)
    with Writer(name, size_mb=1) as writer, Reader(name) as reader:
        for _ in range(2):
            writer.write(batch)
        writer.write(number_batch(7))
        for sequence in range(2):
            with pytest.raises(qadataswap.IncompatibleError) as caught:
                reader.read(timeout=0)
            assert caught.value.code == 'ERR_QADS_INCOMPATIBLE'
            assert f'arena "{name}": batch {sequence} cannot be a polars DataFrame' in str(caught.value)
            assert f"column 'bad' of type {batch.schema.field('bad').type}" in str(caught.value)
            got = reader.read_arrow(timeout=0)
            assert got is not None
            assert repr(got.to_pylist()) == repr(batch.to_pylist())
            assert reader.info is not None
            assert reader.info.sequence == sequence
        frame = reader.read(timeout=0)
        assert frame is not None
        assert number_of(frame) == 7


@pytest.mark.parametrize('columns', INTERVALS.values(), ids=INTERVALS.keys())
def test_a_type_that_pyarrow_has_no_array_for_is_an_error_of_read_too(columns: pa.StructArray) -> None:
    name = unique_name()
    batch = pa.RecordBatch.from_struct_array(columns)
    with Writer(name, size_mb=1) as writer, Reader(name) as reader:
        writer.write(batch)
        with pytest.raises(qadataswap.IncompatibleError, match=f"'x' of type ({MONTHS}|{DAYS})"):
            reader.read(timeout=0)
        got = reader.read_arrow(timeout=0)
        assert got is not None
        assert got.equals(batch)


def test_a_read_after_a_batch_that_polars_lacks_goes_on_behind_it() -> None:
    name = unique_name()
    with Writer(name, size_mb=1) as writer, Reader(name) as reader:
        writer.write(foreign_batch('dense union'))
        writer.write(number_batch(0))
        writer.write(number_batch(1))
        with pytest.raises(qadataswap.IncompatibleError):
            reader.read(timeout=0)
        frame = reader.read(timeout=0)
        assert frame is not None
        assert number_of(frame) == 0
        # What was passed over does not come back.
        batch = reader.read_arrow(timeout=0)
        assert batch is not None
        assert number_of(batch) == 1


def test_a_batch_that_polars_lacks_is_an_error_with_asyncio_too() -> None:
    name = unique_name()

    async def main() -> None:
        async with aio.Writer(name, size_mb=1) as writer, aio.Reader(name) as reader:
            await writer.write(foreign_batch('dense union'))
            with pytest.raises(qadataswap.IncompatibleError, match="column 'bad'"):
                await reader.read(timeout=0)
            batch = await reader.read_arrow(timeout=0)
            assert batch is not None
            assert batch.num_columns == 2

    asyncio.run(main())


def test_a_batch_that_polars_lacks_keeps_no_space_when_it_is_dropped() -> None:
    name = unique_name()
    rows = 20_000
    offsets = pa.array(range(rows), pa.int32())
    union = pa.UnionArray.from_dense(pa.array([0] * rows, pa.int8()), offsets, [pa.array(range(rows))])
    with Writer(name, size_mb=4) as writer, Reader(name) as reader:
        for _ in range(3):
            writer.write(pa.record_batch({'x': union}))
            with pytest.raises(qadataswap.IncompatibleError):
                reader.read(timeout=0)
        assert reader.stats().bytes_copied == 0
        writer.write(number_batch(0))
        assert reader.read(timeout=0) is not None
        gc.collect()
        assert reader.stats().leases == 0


def test_a_column_name_that_comes_twice_is_an_error_with_a_code() -> None:
    name = unique_name()
    batch = pa.RecordBatch.from_arrays([pa.array([1]), pa.array([2])], names=['a', 'a'])
    with Writer(name, size_mb=1) as writer, Reader(name) as reader:
        writer.write(batch)
        with pytest.raises(qadataswap.IncompatibleError, match=r"'a'.*more than one") as caught:
            reader.read(timeout=0)
        assert isinstance(caught.value.__cause__, pl.exceptions.DuplicateError)
        assert reader.read_arrow(timeout=0) == batch


@pytest.mark.parametrize(
    ('error', 'reason'),
    [
        (KeyError(21), 'KeyError: 21'),
        (KeyError('price'), "KeyError: 'price'"),
        (ValueError(3), 'ValueError: 3'),
        (ValueError('three'), 'three'),
        (FileNotFoundError(2, 'No such file', 'x'), "[Errno 2] No such file: 'x'"),
        (StopIteration(), 'StopIteration'),
        ('21', '21'),
    ],
    ids=str,
)
def test_a_reason_without_words_says_what_kind_of_error_it_is(error: object, reason: str) -> None:
    name = unique_name()
    writer = Writer(name, size_mb=1)
    with Reader(name) as reader:
        writer.abort(error)
        with pytest.raises(qadataswap.WriterAbortedError) as caught:
            reader.read()
        assert caught.value.reason == reason
