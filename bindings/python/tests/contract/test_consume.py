"""What every way to read an arena delivers: order, loss, the end, errors, and batches that stay."""

from __future__ import annotations

from typing import Any

import pytest

from qadataswap import Loss, Writer, WriterAbortedError, WriterDiedError, inspect_arena

from ..support.arenas import arena_exists, unique_name, until
from ..support.batches import LARGE_ROWS, SMALL_ROWS, number_batch, number_of
from ..support.child import Child
from .surfaces import CONSUMERS, Batch, Consumer

PRODUCERS = 'contract.producers'
WAIT_MS = 60_000

pytestmark = pytest.mark.parametrize('consume', CONSUMERS, ids=lambda consume: consume.__name__)


@pytest.mark.parametrize(('rows', 'count'), [(SMALL_ROWS, 1000), (LARGE_ROWS, 100)], ids=['small', 'large'])
def test_batches_of_another_process_come_complete_in_order_and_end(
    consume: Consumer, rows: int, count: int
) -> None:
    name = unique_name()
    numbers: list[int] = []
    with Child(
        PRODUCERS, 'produce_all', name=name, count=count, rows=rows, size_mb=1, buffer_count=8
    ) as child:
        consume(name, lambda batch, _: numbers.append(number_of(batch)), wait_ms=WAIT_MS)
        child.finished()
    assert numbers == list(range(count))
    assert not arena_exists(name)


def test_an_arena_without_batches_ends_at_once(consume: Consumer) -> None:
    name = unique_name()
    writer = Writer(name, size_mb=1)
    writer.end()
    batches: list[Batch] = []
    consume(name, lambda batch, _: batches.append(batch))
    writer.close()
    assert batches == []


def test_a_reader_too_slow_for_drop_oldest_is_told_exactly_what_it_lost(consume: Consumer) -> None:
    name = unique_name()
    count = 500
    losses: list[Loss] = []
    seen: list[int] = []
    with Writer(name, size_mb=1, buffer_count=8, on_full='drop-oldest') as writer:
        writer.write(number_batch(0))
        written = 1

        def each(batch: Batch, reader: Any) -> None:
            nonlocal written
            info = reader.info
            assert number_of(batch) == info.sequence
            previous = seen[-1] if seen else -1
            gap = info.sequence - previous - 1
            assert info.lost == (Loss(previous + 1, gap) if gap else None)
            seen.append(info.sequence)
            for number in range(written, min(written + 50, count)):
                writer.write(number_batch(number))
                written = number + 1
            if written == count:
                writer.end()

        consume(name, each, on_loss=losses.append)
    assert seen[-1] == count - 1, 'the newest batch is never lost'
    lost = [number for loss in losses for number in range(loss.first, loss.first + loss.count)]
    assert lost
    assert sorted(seen + lost) == list(range(count))


def test_a_killed_writer_gives_an_error_after_everything_it_had_written(consume: Consumer) -> None:
    name = unique_name()
    numbers: list[int] = []
    with Child(PRODUCERS, 'produce_and_stay', name=name, count=5, rows=SMALL_ROWS) as child:
        child.report()

        def each(batch: Batch, _: Any) -> None:
            numbers.append(number_of(batch))
            if len(numbers) == 5:
                child.kill()

        with pytest.raises(WriterDiedError, match=name) as caught:
            consume(name, each)
    assert caught.value.code == 'ERR_QADS_WRITER_DIED'
    assert numbers == list(range(5))


def test_an_aborting_writer_gives_its_reason_after_everything_it_had_written(consume: Consumer) -> None:
    name = unique_name()
    numbers: list[int] = []
    with Child(PRODUCERS, 'produce_and_stay', name=name, count=5, rows=SMALL_ROWS) as child:
        child.report()

        def each(batch: Batch, _: Any) -> None:
            numbers.append(number_of(batch))
            if len(numbers) == 5:
                child.tell('the exchange hung up')

        with pytest.raises(WriterAbortedError) as caught:
            consume(name, each)
        child.finished()
    assert caught.value.code == 'ERR_QADS_WRITER_ABORTED'
    assert caught.value.reason == 'the exchange hung up'
    assert numbers == list(range(5))


@pytest.mark.parametrize('how', ['killed', 'aborts'])
def test_a_slow_consumer_gets_everything_of_a_writer_that_is_gone_and_then_the_error(
    consume: Consumer, how: str
) -> None:
    name = unique_name()
    numbers: list[int] = []
    with Child(PRODUCERS, 'produce_and_stay', name=name, count=40, rows=SMALL_ROWS) as child:
        child.report()

        def each(batch: Batch, _: Any) -> None:
            numbers.append(number_of(batch))
            if len(numbers) == 1:
                if how == 'killed':
                    child.kill()
                else:
                    child.tell('the exchange hung up')
            # Busy with each batch until the writer is gone.
            until(lambda: not inspect_arena(name).writer_alive)

        with pytest.raises(WriterDiedError if how == 'killed' else WriterAbortedError):
            consume(name, each)
    assert numbers == list(range(40))


def test_stopping_early_detaches_the_reader_and_the_writer_goes_on(consume: Consumer) -> None:
    name = unique_name()
    numbers: list[int] = []
    rest: list[int] = []

    def three(batch: Batch, _: Any) -> str | None:
        numbers.append(number_of(batch))
        return 'stop' if len(numbers) == 3 else None

    with Child(
        PRODUCERS, 'produce_all', name=name, count=100, rows=SMALL_ROWS, size_mb=1, buffer_count=4
    ) as child:
        consume(name, three, wait_ms=WAIT_MS)
        assert numbers == [0, 1, 2]
        assert inspect_arena(name).readers == ()
        # What all had read may go, and the rest is kept for the next reader.
        consume(name, lambda batch, _: rest.append(number_of(batch)))
        child.finished()
    assert rest[0] <= 3
    assert rest == list(range(rest[0], 100))


def test_an_error_of_the_consumer_reaches_the_caller_and_detaches_the_reader(consume: Consumer) -> None:
    name = unique_name()

    def fail(_: Batch, __: Any) -> None:
        raise RuntimeError('consumer')

    writer = Writer(name, size_mb=1)
    writer.write(number_batch(0))
    with pytest.raises(RuntimeError, match='consumer'):
        consume(name, fail)
    assert inspect_arena(name).readers == ()
    writer.close()


def test_a_slow_consumer_holds_the_writer_in_another_process_back(consume: Consumer) -> None:
    name = unique_name()
    slots = 4
    numbers: list[int] = []
    arguments = {'name': name, 'count': 50, 'rows': SMALL_ROWS, 'size_mb': 1, 'buffer_count': slots}
    with Child(PRODUCERS, 'produce_until_full', **arguments) as child:
        assert child.report() == slots

        def each(batch: Batch, _: Any) -> None:
            numbers.append(number_of(batch))
            reachable = min(50, len(numbers) - 1 + slots)
            until(lambda: inspect_arena(name).published >= reachable)
            assert inspect_arena(name).published <= len(numbers) + slots

        consume(name, each)
        child.finished()
    assert numbers == list(range(50))


def test_a_slow_producer_is_waited_for_batch_by_batch(consume: Consumer) -> None:
    name = unique_name()
    numbers: list[int] = []
    with Child(PRODUCERS, 'produce_on_demand', name=name, rows=SMALL_ROWS) as child:
        child.report()
        child.tell(0)

        def each(batch: Batch, _: Any) -> None:
            numbers.append(number_of(batch))
            child.tell(len(numbers) if len(numbers) < 20 else None)

        consume(name, each)
        child.finished()
    assert numbers == list(range(20))


@pytest.mark.parametrize('rows', [SMALL_ROWS, LARGE_ROWS], ids=['small', 'large'])
def test_batches_that_are_kept_stay_as_they_are_while_the_ring_goes_round(
    consume: Consumer, rows: int
) -> None:
    name = unique_name()
    kept: list[Batch] = []

    def keep(batch: Batch, _: Any) -> None:
        kept.append(batch)
        assert number_of(kept[0]) == 0
        assert number_of(kept[len(kept) // 2]) == len(kept) // 2

    with Child(PRODUCERS, 'produce_all', name=name, count=60, rows=rows, size_mb=1, buffer_count=8) as child:
        consume(name, keep, wait_ms=WAIT_MS)
        child.finished()
    assert [number_of(batch) for batch in kept] == list(range(60))
