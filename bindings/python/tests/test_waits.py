"""Waits: time-outs, signals, other threads."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time

import pyarrow as pa
import pytest

import qadataswap
from qadataswap import Reader, Writer, inspect_arena

from .support.arenas import unique_name, until, waiting_readers
from .support.batches import number_batch, number_of
from .support.child import Child, report

SMALL_RING = {'size_mb': 1, 'buffer_count': 2}


def test_a_read_that_times_out_takes_nothing() -> None:
    name = unique_name()
    with Writer(name, size_mb=1) as writer, Reader(name) as reader:
        for timeout in (0, 0.01):
            with pytest.raises(qadataswap.TimedOutError, match=name) as caught:
                reader.read(timeout=timeout)
            assert caught.value.code == 'ERR_QADS_TIMED_OUT'
            assert isinstance(caught.value, TimeoutError)
        writer.write(number_batch(0))
        batch = reader.read_arrow(timeout=0)
        assert batch is not None
        assert number_of(batch) == 0


def test_a_write_that_times_out_has_written_nothing() -> None:
    name = unique_name()
    with Writer(name, size_mb=1, buffer_count=2) as writer, Reader(name) as reader:
        writer.write(number_batch(0))
        writer.write(number_batch(1))
        for timeout in (0, 0.01):
            with pytest.raises(qadataswap.TimedOutError, match=name):
                writer.write(number_batch(2), timeout=timeout)
        assert writer.try_write(number_batch(2)) is False
        assert writer.stats().batches == 2
        reader.read()
        assert writer.write(number_batch(2), timeout=0) == 2


def test_a_write_of_a_table_that_times_out_says_how_much_is_written() -> None:
    name = unique_name()
    table = pa.Table.from_batches([number_batch(i) for i in range(5)])
    with Writer(name, size_mb=1, buffer_count=2) as writer, Reader(name):
        with pytest.raises(qadataswap.TimedOutError, match='its first 2 parts are written'):
            writer.write(table, timeout=0.01)


def test_waiting_for_an_arena_times_out() -> None:
    name = unique_name()
    with Reader(name, wait_ms=None) as reader:
        assert not reader.attached
        with pytest.raises(qadataswap.TimedOutError, match='to be created'):
            reader.read(timeout=0.01)
        with pytest.raises(qadataswap.TimedOutError, match='to be created'):
            reader.ready(timeout=0)


def test_drained_waits_for_readers_and_times_out() -> None:
    name = unique_name()
    with Writer(name, size_mb=1) as writer:
        writer.drained()
        with pytest.raises(qadataswap.TimedOutError):
            writer.drained(need_reader=True, timeout=0.01)
        with Reader(name) as reader:
            writer.write(number_batch(0))
            with pytest.raises(qadataswap.TimedOutError):
                writer.drained(timeout=0.01)
            thread = threading.Thread(target=writer.drained)
            thread.start()
            reader.read()
            thread.join()


def test_finish_that_finds_no_reader_times_out_and_leaves_the_arena_for_one() -> None:
    name = unique_name()
    writer = Writer(name, size_mb=1)
    writer.write(number_batch(0))
    with pytest.raises(qadataswap.TimedOutError, match='no reader came'):
        writer.finish(timeout=0.01)
    with Reader(name) as reader:
        writer.finish()
        assert reader.read() is not None
        assert reader.read() is None


def test_close_in_another_thread_ends_a_read_that_waits() -> None:
    name = unique_name()
    with Writer(name, size_mb=1):
        reader = Reader(name)
        errors: list[qadataswap.QadsError] = []

        def read() -> None:
            try:
                reader.read()
            except qadataswap.QadsError as error:
                errors.append(error)

        thread = threading.Thread(target=read)
        thread.start()
        until(lambda: waiting_readers(name) == 1)
        reader.close()
        thread.join()
        assert [error.code for error in errors] == ['ERR_QADS_CLOSED']


def test_close_in_another_thread_ends_a_write_that_waits() -> None:
    name = unique_name()
    writer = Writer(name, size_mb=1, buffer_count=2)
    with Reader(name):
        errors: list[qadataswap.QadsError] = []

        def write() -> None:
            try:
                for number in range(3):
                    writer.write(number_batch(number))
            except qadataswap.QadsError as error:
                errors.append(error)

        thread = threading.Thread(target=write)
        thread.start()
        until(lambda: writer.stats().waits > 0)
        writer.close()
        thread.join()
        assert [error.code for error in errors] == ['ERR_QADS_CLOSED']


def test_other_threads_run_while_one_waits() -> None:
    name = unique_name()
    numbers: list[int] = []
    with Writer(name, size_mb=1) as writer, Reader(name) as reader:

        def read() -> None:
            numbers.extend(number_of(batch) for batch in reader.batches())

        thread = threading.Thread(target=read)
        thread.start()
        for number in range(200):
            # Only a reader that waits without the GIL, and this thread with it, can alternate.
            until(lambda: waiting_readers(name) == 1 or len(numbers) == number)  # noqa: B023
            writer.write(number_batch(number))
            until(lambda: len(numbers) == number + 1)  # noqa: B023
        writer.end()
        thread.join()
    assert numbers == list(range(200))


def test_a_reader_shared_by_threads_gives_each_batch_to_one_of_them() -> None:
    name = unique_name()
    count = 2000
    taken: list[list[int]] = [[] for _ in range(4)]
    with Writer(name, size_mb=1, buffer_count=8) as writer, Reader(name) as reader:

        def read(mine: list[int]) -> None:
            for batch in reader.batches():
                mine.append(number_of(batch))

        threads = [threading.Thread(target=read, args=(mine,)) for mine in taken]
        for thread in threads:
            thread.start()
        for number in range(count):
            writer.write(number_batch(number))
        writer.end()
        for thread in threads:
            thread.join()
    assert sorted(number for mine in taken for number in mine) == list(range(count))
    assert all(mine == sorted(mine) for mine in taken)


def test_a_writer_shared_by_threads_writes_each_batch_wholly() -> None:
    name = unique_name()
    with Writer(name, size_mb=1, buffer_count=8) as writer, Reader(name) as reader:

        def write(first: int) -> None:
            for number in range(first, first + 300):
                writer.write(number_batch(number))

        threads = [threading.Thread(target=write, args=(first,)) for first in (0, 1000, 2000)]
        for thread in threads:
            thread.start()
        numbers = [number_of(reader.read_arrow()) for _ in range(900)]
        for thread in threads:
            thread.join()
    for first in (0, 1000, 2000):
        assert [n for n in numbers if n // 1000 == first // 1000] == list(range(first, first + 300))


def read_until_interrupted(name: str) -> None:
    with Reader(name) as reader:
        report('ready')
        try:
            reader.read()
        except KeyboardInterrupt:
            report('interrupted')
            # Nothing was taken, and the reader still works.
            batch = reader.read_arrow()
            assert batch is not None
            report(number_of(batch))


def write_until_interrupted(name: str) -> None:
    with Writer(name, size_mb=1, buffer_count=2) as writer:
        try:
            for number in range(3):
                writer.write(number_batch(number))
                report(number)
        except KeyboardInterrupt:
            report('interrupted')
            writer.write(number_batch(2))


def test_control_c_ends_a_read_that_waits() -> None:
    name = unique_name()
    with Writer(name, size_mb=1) as writer:
        with Child('test_waits', 'read_until_interrupted', name=name) as child:
            assert child.report() == 'ready'
            until(lambda: waiting_readers(name) == 1)
            child.send(signal.SIGINT)
            assert child.report() == 'interrupted'
            writer.write(number_batch(0))
            assert child.report() == 0
            child.finished()


def test_control_c_ends_a_write_that_waits() -> None:
    name = unique_name()
    with Child('test_waits', 'write_until_interrupted', name=name) as child:
        assert child.report() == 0
        with Reader(name) as reader:
            assert child.report() == 1
            until(lambda: reader.lag == 2)
            child.send(signal.SIGINT)
            assert child.report() == 'interrupted'
            assert [number_of(batch) for batch in reader.batches()] == [0, 1, 2]
            child.finished()


def test_a_signal_handler_may_close_the_reader_that_waits() -> None:
    name = unique_name()
    with Writer(name, size_mb=1):
        reader = Reader(name)
        before = signal.signal(signal.SIGUSR1, lambda *_: reader.close())
        try:
            main = threading.main_thread().ident
            assert main is not None

            def interrupt() -> None:
                until(lambda: waiting_readers(name) == 1)
                signal.pthread_kill(main, signal.SIGUSR1)

            thread = threading.Thread(target=interrupt)
            thread.start()
            with pytest.raises(qadataswap.ClosedError):
                reader.read()
            thread.join()
        finally:
            signal.signal(signal.SIGUSR1, before)


def test_a_write_by_a_signal_handler_inside_of_a_write_is_refused() -> None:
    name = unique_name()
    codes: list[str] = []
    with Writer(name, size_mb=1, buffer_count=2) as writer, Reader(name) as reader:

        def handler(*_: object) -> None:
            with contextlib.suppress(qadataswap.InvalidArgumentError):
                writer.write(number_batch(9))
                codes.append('no error')
            codes.append('refused')
            reader.read()

        before = signal.signal(signal.SIGUSR1, handler)
        try:
            main = threading.main_thread().ident
            assert main is not None

            def interrupt() -> None:
                until(lambda: writer.stats().waits > 0)
                signal.pthread_kill(main, signal.SIGUSR1)

            thread = threading.Thread(target=interrupt)
            thread.start()
            for number in range(3):
                writer.write(number_batch(number))
            thread.join()
        finally:
            signal.signal(signal.SIGUSR1, before)
        assert codes == ['refused']
        writer.end()
        assert [number_of(batch) for batch in reader.batches()] == [1, 2]


def test_an_on_loss_that_raises_does_not_cost_the_batch() -> None:
    name = unique_name()
    calls = 0

    def fail_once(loss: qadataswap.Loss) -> None:
        nonlocal calls
        calls += 1
        raise RuntimeError(f'lost {loss.count} from {loss.first}')

    with Writer(name, size_mb=1, buffer_count=2, on_full='drop-oldest') as writer:
        with Reader(name, on_loss=fail_once) as reader:
            for number in range(5):
                writer.write(number_batch(number))
            with pytest.raises(RuntimeError, match='lost 3 from 0'):
                reader.read()
            batch = reader.read_arrow(timeout=0)
            assert batch is not None
            assert number_of(batch) == 3
            assert reader.info is not None
            assert reader.info.lost == qadataswap.Loss(0, 3)
            assert reader.stats().lost == 3
            assert calls == 1


def test_a_reader_may_start_late_or_at_a_sequence() -> None:
    name = unique_name()
    with Writer(name, size_mb=1) as writer:
        for number in range(5):
            writer.write(number_batch(number))
        with Reader(name, from_=3) as at_three, Reader(name, from_='latest') as latest:
            writer.write(number_batch(5))
            writer.end()
            assert [number_of(batch) for batch in at_three.batches()] == [3, 4, 5]
            assert [number_of(batch) for batch in latest.batches()] == [5]
            assert inspect_arena(name).state == 'ended'


def log_something(name: str) -> None:
    with Writer(name, size_mb=1) as writer, Reader(name) as reader:
        writer.write(number_batch(0))
        reader.read()
    time.sleep(0)
    sys.stderr.flush()


@pytest.mark.parametrize('variable', ['QADATASWAP_DEBUG=1', 'QADATASWAP_LOG_LEVEL=DEBUG'])
def test_debugging_is_switched_on_by_the_environment(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = unique_name()
    key, value = variable.split('=')
    monkeypatch.setenv(key, value)
    with Child('test_waits', 'log_something', name=name) as child:
        assert name in child.finished()
    monkeypatch.delenv(key)
    with Child('test_waits', 'log_something', name=name) as child:
        assert name not in child.finished()
