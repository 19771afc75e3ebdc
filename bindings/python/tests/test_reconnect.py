"""Readers that go on with the next arena of the name."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

import qadataswap
from qadataswap import Reader, Writer, aio

from .support.arenas import unique_name
from .support.batches import number_batch, number_of
from .support.child import Child, report, told


def write_and_wait(name: str, first: int) -> None:
    writer = Writer(name, size_mb=1)
    for number in (first, first + 1):
        writer.write(number_batch(number))
    report('written')
    told()


def test_an_ended_arena_that_others_still_drain_is_not_read_again() -> None:
    name = unique_name()
    why: list[object] = []
    with Reader(name, reconnect='always', on_reconnect=why.append) as reader:
        assert not reader.attached
        writer = Writer(name, size_mb=1)
        writer.write(number_batch(0))
        with Reader(name) as slow:
            assert number_of(reader.read_arrow()) == 0
            writer.close()
            for _ in range(3):
                with pytest.raises(qadataswap.TimedOutError, match='next writer'):
                    reader.read(timeout=0.01)
            assert why == [None]
            assert not reader.attached
            assert reader.info is not None
            assert reader.info.sequence == 0
            assert reader.stats().batches == 1
            # The name still has what the other one drains, until it is taken over.
            with Writer(name, size_mb=1) as next_writer:
                next_writer.write(number_batch(1))
                assert number_of(reader.read_arrow()) == 1
                assert number_of(slow.read_arrow()) == 0
                assert reader.read_arrow.__self__ is reader
            assert slow.read_arrow() is None


def test_a_reader_outlives_writers_that_are_killed_or_abort_and_ends_with_one_that_ends() -> None:
    name = unique_name()
    why: list[Any] = []
    numbers = []
    with Reader(name, reconnect=True, on_reconnect=why.append) as reader:
        with Child('test_reconnect', 'write_and_wait', name=name, first=0) as child:
            assert child.report() == 'written'
            numbers += [number_of(reader.read_arrow()) for _ in range(2)]
            child.kill()
        with pytest.raises(qadataswap.TimedOutError):
            reader.read(timeout=0)
        writer = Writer(name, size_mb=1)
        writer.write(number_batch(2))
        numbers.append(number_of(reader.read_arrow()))
        writer.abort('enough')
        with pytest.raises(qadataswap.TimedOutError):
            reader.read(timeout=0)
        with Writer(name, size_mb=1) as writer:
            writer.write(number_batch(3))
            writer.end()
            numbers += [number_of(batch) for batch in reader.batches()]
    assert numbers == [0, 1, 2, 3]
    assert [error.code for error in why] == ['ERR_QADS_WRITER_DIED', 'ERR_QADS_WRITER_ABORTED']
    assert why[1].reason == 'enough'


def test_a_wait_spans_the_change_from_one_arena_to_the_next() -> None:
    name = unique_name()
    generations = 20
    numbers: list[int] = []
    with Reader(name, reconnect='always') as reader:

        def read() -> None:
            while len(numbers) < generations:
                numbers.append(number_of(reader.read_arrow()))

        threads = [threading.Thread(target=read)]
        for thread in threads:
            thread.start()
        for number in range(generations):
            with Writer(name, size_mb=1) as writer:
                writer.write(number_batch(number))
                writer.drained(need_reader=True)
        for thread in threads:
            thread.join()
    assert numbers == list(range(generations))


def test_an_arena_in_whose_middle_a_reader_began_is_followed_by_one_from_its_beginning() -> None:
    name = unique_name()
    writer = Writer(name, size_mb=1)
    for number in range(3):
        writer.write(number_batch(number))
    with Reader(name, from_=2, reconnect='always') as reader:
        assert number_of(reader.read_arrow()) == 2
        writer.close()
        with Writer(name, size_mb=1) as writer:
            for number in range(3, 5):
                writer.write(number_batch(number))
            assert [number_of(reader.read_arrow()) for _ in range(2)] == [3, 4]


def test_a_reader_that_waits_for_the_next_arena_can_be_closed() -> None:
    name = unique_name()
    left = threading.Event()
    reader = Reader(name, reconnect='always', on_reconnect=lambda _: left.set())
    codes: list[str] = []

    def read() -> None:
        try:
            reader.read()
        except qadataswap.QadsError as error:
            codes.append(error.code)

    thread = threading.Thread(target=read)
    with Writer(name, size_mb=1):
        thread.start()
        assert reader.attached or reader.ready() is None
    left.wait()
    reader.close()
    thread.join()
    assert codes == ['ERR_QADS_CLOSED']


def test_reconnecting_works_with_asyncio_too() -> None:
    name = unique_name()

    async def main() -> list[int]:
        numbers = []
        async with aio.Reader(name, reconnect='always') as reader:

            async def read() -> None:
                async for batch in reader.batches():
                    numbers.append(number_of(batch))
                    if len(numbers) == 10:
                        return

            reading = asyncio.create_task(read())
            for number in range(10):
                async with aio.Writer(name, size_mb=1) as writer:
                    await writer.write(number_batch(number))
                    await writer.drained(need_reader=True)
            await reading
            with pytest.raises(qadataswap.TimedOutError):
                await reader.read(timeout=0)
        return numbers

    assert asyncio.run(main()) == list(range(10))


@pytest.mark.parametrize(
    'options', [{'reconnect': 'never'}, {'reconnect': 1}, {'reconnect': None}, {'on_reconnect': 3}], ids=str
)
def test_another_value_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(qadataswap.InvalidArgumentError, match='reconnect must be'):
        Reader(unique_name(), **options)
