"""The end of a process whose daemon threads wait: quiet, and nothing is left."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from qadataswap import Reader, Writer

from .support.arenas import arena_exists, unique_name, until, waiting_readers
from .support.batches import number_batch
from .support.child import Child


def in_daemon(call: Callable[[], object]) -> None:
    threading.Thread(target=call, daemon=True).start()


def exit_while_reading(name: str, threads: int) -> None:
    writer = Writer(name, size_mb=1)
    reader = Reader(name)
    for _ in range(threads):
        in_daemon(reader.read)
    until(lambda: waiting_readers(name) == 1)
    keep.extend((writer, reader))


def exit_while_writing(name: str, threads: int) -> None:
    writer = Writer(name, size_mb=1, buffer_count=2)
    reader = Reader(name)

    def write() -> None:
        for number in range(3):
            writer.write(number_batch(number))

    for _ in range(threads):
        in_daemon(write)
    until(lambda: writer.stats().waits > 0)
    keep.extend((writer, reader))


def exit_while_draining(name: str, threads: int) -> None:
    writer = Writer(name, size_mb=1)
    reader = Reader(name)
    writer.write(number_batch(0))
    for _ in range(threads):
        in_daemon(writer.drained)
    until(lambda: writer.stats().waits > 0)
    keep.extend((writer, reader))


class ClosedByFinalizer:
    """What the interpreter takes apart after it has ended the daemon threads."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.close = Reader.close

    def __del__(self) -> None:
        self.close(self.reader)


def exit_while_reading_what_a_finalizer_closes(name: str, threads: int) -> None:
    exit_while_reading(name, threads)
    keep.append(ClosedByFinalizer(keep[1]))  # type: ignore[arg-type]


keep: list[object] = []
"""Until the interpreter clears this module."""


# The moment of the end decides what becomes of a thread: inside of the core, or at its way back.
@pytest.mark.parametrize('attempt', range(3))
@pytest.mark.parametrize('threads', [1, 4])
@pytest.mark.parametrize(
    'role',
    [
        exit_while_reading,
        exit_while_writing,
        exit_while_draining,
        exit_while_reading_what_a_finalizer_closes,
    ],
    ids=lambda role: role.__name__,
)
def test_a_process_with_daemon_threads_in_a_wait_ends_quietly_and_leaves_nothing(
    role: Callable[..., None], threads: int, attempt: int
) -> None:
    name = unique_name()
    with Child('test_exit', role.__name__, name=name, threads=threads) as child:
        # Whether the reader or the writer goes first is chance: what was unread may be warned of.
        assert [line for line in child.finished().splitlines() if 'batches unread' not in line] == []
    assert not arena_exists(name)
