"""asyncio: cancellation, order, fairness, and one bell for a loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

import qadataswap
from qadataswap import aio, inspect_arena
from qadataswap.aio import _doorbell

from .support.arenas import unique_name, waiting_readers
from .support.arenas import until as eventually
from .support.batches import LARGE_ROWS, number_batch, number_of
from .support.child import Child


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0.002)


def run(main: Coroutine[Any, Any, None]) -> None:
    before = bells()
    asyncio.run(main)
    # That of the evacuator goes when it has moved what is still held.
    eventually(lambda: not bells() - before)


def bells() -> set[str]:
    """The doorbells that this process has open and that peers can find."""
    links = set()
    for entry in Path('/proc/self/fd').iterdir():
        with contextlib.suppress(OSError):
            links.add(os.readlink(entry))
    return {link for link in links if 'qads-bell' in link and not link.endswith('(deleted)')}


async def cancelled(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_cancelled_read_takes_nothing() -> None:
    async def main() -> None:
        name = unique_name()
        async with aio.Writer(name, size_mb=1) as writer, aio.Reader(name) as reader:
            for _ in range(3):
                task = asyncio.create_task(reader.read())
                await until(lambda: waiting_readers(name) == 1)
                await cancelled(task)
                assert waiting_readers(name) == 0
            await writer.write(number_batch(0))
            batch = await reader.read_arrow(timeout=0)
            assert batch is not None
            assert number_of(batch) == 0

    run(main())


def test_a_read_that_is_cancelled_as_its_batch_arrives_takes_nothing() -> None:
    async def main() -> None:
        name = unique_name()
        async with aio.Writer(name, size_mb=1) as writer, aio.Reader(name) as reader:
            for number in range(200):
                task = asyncio.create_task(reader.read_arrow())
                await asyncio.sleep(0)
                await writer.write(number_batch(number))
                # The bell may or may not have been heard by now: legal are the batch now, or after.
                for _ in range(number % 4):
                    await asyncio.sleep(0)
                task.cancel()
                try:
                    batch = await task
                except asyncio.CancelledError:
                    batch = await reader.read_arrow(timeout=0)
                assert batch is not None
                assert number_of(batch) == number

    run(main())


def test_a_cancelled_write_writes_nothing() -> None:
    async def main() -> None:
        name = unique_name()
        async with aio.Writer(name, size_mb=1, buffer_count=2) as writer, aio.Reader(name) as reader:
            await writer.write(number_batch(0))
            await writer.write(number_batch(1))
            task = asyncio.create_task(writer.write(number_batch(99)))
            await until(lambda: writer.stats().waits > 0)
            await cancelled(task)
            waiting = asyncio.create_task(writer.write(number_batch(2)))
            numbers = [number_of(await one(reader)) for _ in range(3)]
            assert numbers == [0, 1, 2]
            assert await waiting == 2

    run(main())


async def one(reader: aio.Reader) -> Any:
    return await reader.read_arrow(timeout=60)


def test_time_outs_and_wait_for_end_waits() -> None:
    async def main() -> None:
        name = unique_name()
        async with aio.Writer(name, size_mb=1, buffer_count=2) as writer, aio.Reader(name) as reader:
            for timeout in (0, 0.01):
                with pytest.raises(qadataswap.TimedOutError, match=name):
                    await reader.read(timeout=timeout)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(reader.read(), 0.01)
            await writer.write(number_batch(0))
            await writer.write(number_batch(1))
            for timeout in (0, 0.01):
                with pytest.raises(qadataswap.TimedOutError, match=name):
                    await writer.write(number_batch(2), timeout=timeout)
            with pytest.raises(qadataswap.TimedOutError):
                await writer.drained(timeout=0.01)
            assert writer.try_write(number_batch(2)) is False
            assert number_of(await one(reader)) == 0
            assert writer.try_write(number_batch(2)) is True

    run(main())


def test_calls_are_served_in_the_order_in_which_they_were_made() -> None:
    async def main() -> None:
        name = unique_name()
        async with aio.Writer(name, size_mb=1, buffer_count=4) as writer, aio.Reader(name) as reader:
            reads = [asyncio.create_task(one(reader)) for _ in range(50)]
            writes = [asyncio.create_task(writer.write(number_batch(number))) for number in range(50)]
            # One in the middle gives up, and its batch goes to the next.
            await asyncio.sleep(0)
            await cancelled(reads.pop(20))
            assert await asyncio.gather(*writes) == list(range(50))
            assert [number_of(batch) for batch in await asyncio.gather(*reads)] == list(range(49))

    run(main())


@pytest.mark.parametrize('party', ['reader', 'writer'])
def test_close_ends_waits_at_once(party: str) -> None:
    async def main() -> None:
        name = unique_name()
        writer = aio.Writer(name, size_mb=1, buffer_count=2)
        reader = aio.Reader(name)
        waits: list[Awaitable[Any]]
        if party == 'reader':
            waits = [asyncio.create_task(reader.read()) for _ in range(3)]
            await until(lambda: waiting_readers(name) == 1)
            reader.close()
        else:
            waits = [asyncio.create_task(writer.write(number_batch(i))) for i in range(5)]
            await until(lambda: writer.stats().waits > 0)
            writer.close()
        results = await asyncio.gather(*waits, return_exceptions=True)
        expected = (
            [qadataswap.ClosedError] * 3 if party == 'reader' else [int] * 2 + [qadataswap.ClosedError] * 3
        )
        assert [type(result) for result in results] == expected
        reader.close()
        writer.close()

    run(main())


def test_a_killed_writer_ends_a_wait_that_nobody_rings() -> None:
    async def main() -> None:
        name = unique_name()
        with Child('contract.producers', 'produce_and_stay', name=name, count=1, rows=10) as child:
            child.report()
            async with aio.Reader(name) as reader:
                await one(reader)
                task = asyncio.create_task(reader.read())
                await until(lambda: waiting_readers(name) == 1)
                child.kill()
                with pytest.raises(qadataswap.WriterDiedError):
                    await task

    run(main())


def test_a_reader_killed_while_the_ring_is_full_frees_the_writer() -> None:
    async def main() -> None:
        name = unique_name()
        async with aio.Writer(name, size_mb=1, buffer_count=2) as writer:
            with Child('test_aio', 'attach_and_stay', name=name) as child:
                child.report()
                await writer.write(number_batch(0))
                await writer.write(number_batch(1))
                async with aio.Reader(name) as reader:
                    await one(reader)
                    await one(reader)
                    task = asyncio.create_task(writer.write(number_batch(2)))
                    await until(lambda: writer.stats().waits > 0)
                    child.kill()
                    assert await task == 2
                    assert writer.stats().reaped_readers == 1

    run(main())


def attach_and_stay(name: str) -> None:
    from .support.child import report, told

    with qadataswap.Reader(name):
        report('attached')
        told()


def test_a_reader_waits_for_an_arena_that_comes_later() -> None:
    async def main() -> None:
        name = unique_name()
        reader = aio.Reader(name, wait_ms=60_000)
        assert not reader.attached
        with pytest.raises(qadataswap.TimedOutError, match='to be created'):
            await reader.read(timeout=0.01)
        task = asyncio.create_task(reader.read_arrow())
        await asyncio.sleep(0)
        async with aio.Writer(name, size_mb=1) as writer:
            await reader.ready(timeout=60)
            assert reader.generation == writer.generation
            await writer.write(number_batch(5))
            batch = await task
            assert batch is not None
            assert number_of(batch) == 5
        assert await reader.read() is None
        reader.close()

    run(main())


def test_one_bell_serves_a_loop_and_goes_with_its_last_party() -> None:
    async def main() -> None:
        before = bells()
        names = [unique_name() for _ in range(5)]
        writers = [aio.Writer(name, size_mb=1) for name in names]
        readers = [aio.Reader(name) for name in names for _ in range(3)]
        reads = [asyncio.create_task(reader.read_arrow()) for reader in readers]
        await until(lambda: all(waiting_readers(name) == 3 for name in names))
        assert len(bells() - before) == 1
        for number, writer in enumerate(writers):
            await writer.write(number_batch(number))
        batches = await asyncio.gather(*reads)
        assert [number_of(batch) for batch in batches if batch is not None] == [i // 3 for i in range(15)]
        for writer in writers:
            writer.close()
        for reader in readers:
            reader.close()
        assert bells() == before
        assert list(_doorbell._doorbells) == []

    run(main())


def test_a_loop_that_always_finds_a_batch_still_runs_its_other_tasks() -> None:
    async def main() -> None:
        name = unique_name()
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        async with aio.Writer(name, size_mb=1) as writer, aio.Reader(name) as reader:
            task = asyncio.create_task(other())
            while turns < 10:
                # Neither of these ever waits.
                await writer.write(number_batch(0))
                await reader.read_arrow()
            await cancelled(task)

    run(main())


def test_an_exception_in_async_with_aborts_the_arena_with_its_text() -> None:
    async def main() -> None:
        name = unique_name()
        async with aio.Reader(name, wait_ms=60_000) as reader:
            with pytest.raises(RuntimeError):
                async with aio.Writer(name, size_mb=1):
                    await reader.ready()
                    raise RuntimeError('the feed is down')
            with pytest.raises(qadataswap.WriterAbortedError, match='the feed is down'):
                await reader.read()

    run(main())


def test_finish_waits_for_the_first_reader() -> None:
    async def main() -> None:
        name = unique_name()
        writer = aio.Writer(name, size_mb=1)
        await writer.write(number_batch(0))
        finishing = asyncio.create_task(writer.finish())
        await until(lambda: inspect_arena(name).state == 'ended')
        with pytest.raises(qadataswap.TimedOutError, match='no reader came'):
            await writer.finish(timeout=0.01)
        async with aio.Reader(name) as reader:
            await finishing
            assert [number_of(frame) async for frame in reader] == [0]

    run(main())


def test_leases_outlive_the_loop() -> None:
    kept = []

    async def main() -> None:
        name = unique_name()
        async with aio.Writer(name, size_mb=1, buffer_count=4) as writer, aio.Reader(name) as reader:
            for number in range(30):
                await writer.write(number_batch(number, LARGE_ROWS), timeout=60)
                kept.append(await one(reader))

    run(main())
    assert [number_of(batch) for batch in kept] == list(range(30))


def test_a_writer_and_a_reader_of_two_loops_ring_each_other() -> None:
    async def main() -> None:
        name = unique_name()
        with Child('test_aio', 'echo', name=name) as child:
            async with aio.Writer(name, size_mb=1) as writer:
                async with aio.Reader(f'{name}.back', wait_ms=60_000) as reader:
                    for number in range(100):
                        await writer.write(number_batch(number))
                        assert number_of(await one(reader)) == number
                    await writer.end()
                    assert await reader.read() is None
            child.finished()

    run(main())


def echo(name: str) -> None:
    async def main() -> None:
        async with (
            aio.Reader(name, wait_ms=60_000) as reader,
            aio.Writer(f'{name}.back', size_mb=1) as writer,
        ):
            async for batch in reader.batches():
                await writer.write(batch)

    asyncio.run(main())
