"""Custom metadata of single batches."""

from __future__ import annotations

import asyncio
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from qadataswap import InvalidArgumentError, Reader, Writer, _native, aio

from .support.arenas import unique_name
from .support.batches import LARGE_ROWS, SMALL_ROWS, number_batch, number_of

SAID = {'source': 'exchange', 'empty': '', '': 'no key', 'text': 'Größe 中'}


@pytest.mark.parametrize('rows', [SMALL_ROWS, LARGE_ROWS])
def test_metadata_of_a_batch_comes_through_and_stays_with_it(rows: int) -> None:
    name = unique_name()
    with Writer(name, size_mb=4) as writer, Reader(name) as reader:
        # The second batch of a schema takes another way than the first.
        writer.write(number_batch(0, rows), metadata=SAID)
        writer.write(number_batch(1, rows), metadata={'n': '1'})
        writer.write(number_batch(2, rows))
        assert writer.try_write(number_batch(3, rows), metadata=SAID)
        for number, said in enumerate((SAID, {'n': '1'}, {}, SAID)):
            batch = reader.read_arrow(timeout=0)
            assert batch is not None
            assert number_of(batch) == number
            assert batch.schema.metadata is None
            assert reader.info is not None
            assert reader.info.metadata == said
        assert reader.stats().bytes_copied == (0 if rows == LARGE_ROWS else reader.stats().bytes)


def test_frames_and_dictionaries_have_metadata_too() -> None:
    name = unique_name()
    frame = pl.DataFrame({'x': pl.Series(['a', 'b', 'a'], dtype=pl.Categorical)})
    with Writer(name, size_mb=1) as writer, Reader(name) as reader:
        for _ in range(2):
            writer.write(frame, metadata=SAID)
            got = reader.read(timeout=0)
            assert got is not None
            assert got.equals(frame)
            assert reader.info is not None
            assert reader.info.metadata == SAID


def test_every_part_of_a_split_batch_has_its_metadata() -> None:
    name = unique_name()
    batch = number_batch(0, 200_000)
    with Writer(name, size_mb=1) as writer, Reader(name) as reader:

        async def read() -> list[dict[str, str]]:
            said = []
            async for _ in aio_reader.batches():
                assert aio_reader.info is not None
                said.append(aio_reader.info.metadata)
            return said

        reader.close()
        aio_reader = aio.Reader(name)

        async def main() -> list[dict[str, str]]:
            reading = asyncio.create_task(read())
            await asyncio.to_thread(writer.write, batch, metadata=SAID)
            writer.end()
            return await reading

        said = asyncio.run(main())
        aio_reader.close()
    assert len(said) > 2
    assert all(one == SAID for one in said)


def test_metadata_is_what_arrow_has_of_a_message() -> None:
    name = unique_name()
    with Writer(name, size_mb=1) as writer:
        for _ in range(2):
            writer.write(number_batch(0), metadata=pa.KeyValueMetadata(SAID))
        native = _native.Reader(name, -1, 0)
        for _ in range(2):
            slot = native.next(0)
            assert isinstance(slot, _native.Slot)
            slot_bytes = pa.foreign_buffer(slot.address, slot.length, base=slot)
            with pa.ipc.open_file(slot_bytes) as file:
                _, metadata = file.get_batch_with_custom_metadata(0)
            assert dict(metadata) == {key.encode(): value.encode() for key, value in SAID.items()}
        native.close()


@pytest.mark.parametrize(
    'metadata', [3, ['a'], {'a': 1}, {1: 'a'}, {b'\xff': b''}, {'a': '\ud800'}], ids=repr
)
def test_metadata_that_is_none_is_refused(metadata: Any) -> None:
    name = unique_name()
    with Writer(name, size_mb=1) as writer:
        with pytest.raises(InvalidArgumentError, match='metadata must be'):
            writer.write(number_batch(0), metadata=metadata)
        assert writer.stats().batches == 0
        writer.write(number_batch(0), metadata={})
        with Reader(name) as reader:
            reader.read()
            assert reader.info is not None
            assert reader.info.metadata == {}
