"""What every way to write an arena does for its readers."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from qadataswap import Reader, inspect_arena

from ..support.arenas import arena_exists, unique_name, until
from ..support.batches import number_batch, number_of
from ..support.child import Child
from .surfaces import PRODUCERS, Batch, Producer

CONSUMERS = 'contract.producers'
SMALL_RING = {'size_mb': 1, 'buffer_count': 4}

pytestmark = pytest.mark.parametrize('produce', PRODUCERS, ids=lambda produce: produce.__name__)


def numbers(count: int) -> Iterator[Batch]:
    return (number_batch(number) for number in range(count))


def test_a_reader_in_another_process_gets_everything_in_order_and_the_end(produce: Producer) -> None:
    name = unique_name()
    with Child(CONSUMERS, 'count_all', name=name) as child:
        produce(name, numbers(1000), **SMALL_RING)
        assert child.report() == 'ready'
        assert child.report() == [1000, 'ended']
        child.finished()
    assert not arena_exists(name)


def test_a_source_without_batches_gives_a_clean_end(produce: Producer) -> None:
    name = unique_name()

    def source() -> Iterator[Batch]:
        # The writer leaves at once when nothing is unread: the reader must be there before.
        until(lambda: inspect_arena(name).readers)
        return
        yield

    thread = threading.Thread(target=produce, args=(name, source()), kwargs=SMALL_RING)
    thread.start()
    with Reader(name, wait_ms=60_000) as reader:
        assert reader.read() is None
    thread.join()


def test_nothing_is_lost_when_the_first_reader_comes_after_the_last_batch(produce: Producer) -> None:
    name = unique_name()
    thread = threading.Thread(target=produce, args=(name, numbers(5)), kwargs={'size_mb': 1})
    thread.start()
    until(lambda: arena_exists(name) and inspect_arena(name).state == 'ended')
    with Reader(name) as reader:
        assert [number_of(batch) for batch in reader.batches()] == [0, 1, 2, 3, 4]
    thread.join()
    assert not arena_exists(name)


def test_the_end_waits_for_nobody_once_a_reader_came_however_much_is_unread(produce: Producer) -> None:
    name = unique_name()

    def source() -> Iterator[Batch]:
        until(lambda: inspect_arena(name).readers)
        yield from numbers(3)

    thread = threading.Thread(target=produce, args=(name, source()), kwargs=SMALL_RING)
    thread.start()
    with Reader(name, wait_ms=60_000) as slow:
        slow.ready()
        thread.join()
        assert [number_of(batch) for batch in slow.batches()] == [0, 1, 2]


def test_the_end_waits_for_nobody_where_nothing_was_written(produce: Producer) -> None:
    name = unique_name()
    produce(name, numbers(0), **SMALL_RING)
    assert not arena_exists(name)


@pytest.mark.parametrize('policy', ['drop-oldest', 'drop-newest', 'error'])
def test_the_end_waits_for_nobody_under_a_policy_that_loses_batches(produce: Producer, policy: str) -> None:
    name = unique_name()
    produce(name, numbers(3), on_full=policy, **SMALL_RING)
    assert not arena_exists(name)


def test_an_error_of_the_source_reaches_readers_as_the_reason(produce: Producer) -> None:
    name = unique_name()

    def source() -> Iterator[Batch]:
        yield from numbers(3)
        # The reader must be there: an arena that is aborted before anybody came is gone with its reason.
        until(lambda: inspect_arena(name).readers)
        raise RuntimeError('the source broke')

    with Child(CONSUMERS, 'count_all', name=name) as child:
        with pytest.raises(RuntimeError, match='the source broke'):
            produce(name, source(), **SMALL_RING)
        assert child.report() == 'ready'
        assert child.report() == [3, 'ERR_QADS_WRITER_ABORTED: the source broke']
        child.finished()


def test_a_full_ring_holds_the_source_back(produce: Producer) -> None:
    name = unique_name()
    slots = SMALL_RING['buffer_count']
    taken = 0

    def source() -> Iterator[Batch]:
        nonlocal taken
        for number in range(100):
            taken += 1
            yield number_batch(number)

    thread = threading.Thread(target=produce, args=(name, source()), kwargs=SMALL_RING)
    thread.start()
    with Reader(name, wait_ms=60_000) as reader:
        reader.ready()
        for number in range(100):
            reachable = min(100, number + slots)
            until(lambda: inspect_arena(name).published >= reachable)  # noqa: B023
            assert taken <= number + slots + 1
            batch = reader.read_arrow()
            assert number_of(batch) == number
        assert reader.read() is None
    thread.join()
