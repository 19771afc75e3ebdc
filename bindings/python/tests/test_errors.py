"""Bad input and broken states: errors with a code, a class and advice."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

import qadataswap
from qadataswap import Reader, SharedMemoryArena, Writer, aio

from .support.arenas import unique_name
from .support.batches import number_batch
from .support.child import Child, report, told


def hold_writer(name: str) -> None:
    writer = Writer(name, size_mb=1)
    report('open')
    told()
    writer.close()


def test_a_second_writer_is_refused_while_the_first_lives_and_takes_over_when_it_was_killed() -> None:
    name = unique_name()
    with Child('test_errors', 'hold_writer', name=name) as child:
        child.report()
        with pytest.raises(qadataswap.WriterExistsError, match=name) as caught:
            Writer(name)
        assert caught.value.code == 'ERR_QADS_WRITER_EXISTS'
        child.kill()
    with Writer(name, size_mb=1) as writer:
        assert writer.generation > 0


def test_an_arena_that_does_not_exist_is_an_error_and_after_wait_ms_says_how_long() -> None:
    name = unique_name()
    with pytest.raises(qadataswap.NotFoundError, match=name) as caught:
        Reader(name)
    assert caught.value.code == 'ERR_QADS_NOT_FOUND'
    with Reader(name, wait_ms=20) as reader, pytest.raises(qadataswap.NotFoundError, match='waited 20 ms'):
        reader.read()


def test_a_segment_that_is_no_arena_is_an_error() -> None:
    name = unique_name()
    path = Path('/dev/shm', f'qads-arena.{name}')
    path.write_bytes(b'something else' * 1000)
    try:
        for call in (Reader, qadataswap.inspect_arena):
            with pytest.raises(qadataswap.NotAnArenaError) as caught:
                call(name)
            assert caught.value.code == 'ERR_QADS_NOT_AN_ARENA'
    finally:
        path.unlink()


@pytest.mark.parametrize(
    'name', ['', 'a/b', 'ä', '..', 'x' * 201, 'a\0b', 'a\udcff', '\ud800', None, 5], ids=ascii
)
def test_bad_names_are_refused_everywhere(name: Any) -> None:
    for call in (
        Writer,
        Reader,
        aio.Writer,
        aio.Reader,
        qadataswap.inspect_arena,
        qadataswap.unlink_arena,
    ):
        with pytest.raises(qadataswap.NameInvalidError) as caught:
            call(name)
        assert caught.value.code == 'ERR_QADS_NAME_INVALID'
        assert isinstance(caught.value, ValueError)


def test_a_zero_byte_does_not_end_a_name() -> None:
    name = unique_name()
    with Writer(name, size_mb=1):
        with pytest.raises(qadataswap.NameInvalidError, match=r'its character \d+ is \\u\{0\}'):
            qadataswap.unlink_arena(name + '\0x')
        assert name in qadataswap.list_arenas()


def test_files_whose_names_no_call_takes_are_not_listed() -> None:
    name = unique_name()
    paths = [f'/dev/shm/qads-arena.{name}'.encode() + ending for ending in (b'\xff', b' ', b'\xc3\xa9')]
    for path in paths:
        Path(os.fsdecode(path)).touch()
    try:
        with Writer(name, size_mb=1):
            assert [listed for listed in qadataswap.list_arenas() if listed.startswith(name)] == [name]
    finally:
        for path in paths:
            os.unlink(path)


@pytest.mark.parametrize('mode', [0o640, 0o604, 0o620], ids=oct)
def test_a_mode_that_gives_one_of_reading_and_writing_is_refused_with_why(mode: int) -> None:
    with pytest.raises(qadataswap.InvalidArgumentError, match='locks'):
        Writer(unique_name(), mode=mode)


@pytest.mark.parametrize(
    ('reason', 'arrives'), [('disk\0full', 'disk\ufffdfull'), ('half \ud800', 'half ?')], ids=ascii
)
def test_a_reason_arrives_whole(reason: str, arrives: str) -> None:
    name = unique_name()
    with Writer(name, size_mb=1) as writer, Reader(name) as reader:
        writer.abort(reason)
        with pytest.raises(qadataswap.WriterAbortedError) as caught:
            reader.read()
    assert str(caught.value) == arrives


@pytest.mark.parametrize(
    'options',
    [
        {'size_mb': 0},
        {'size_mb': '5'},
        {'size_mb': float('nan')},
        {'buffer_count': 1},
        {'buffer_count': 2.5},
        {'max_readers': 513},
        {'on_full': 'wait'},
        {'mode': 0o1000},
        {'one_schema': 1},
        {'spin_micros': -1},
    ],
    ids=str,
)
def test_bad_options_of_a_writer_are_refused_with_the_range_and_the_value(options: dict[str, Any]) -> None:
    ((option, value),) = options.items()
    with pytest.raises(qadataswap.InvalidArgumentError, match=option) as caught:
        Writer(unique_name(), **options)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize(
    'options',
    [
        {'from_': -1},
        {'from_': 'first'},
        {'from_': True},
        {'wait_ms': -1},
        {'spin_micros': 2e6},
        {'on_loss': 5},
    ],
    ids=str,
)
def test_bad_options_of_a_reader_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(qadataswap.InvalidArgumentError, match=next(iter(options))):
        Reader(unique_name(), **options)


@pytest.mark.parametrize('timeout', [-1, 'soon', float('nan'), True], ids=repr)
def test_bad_time_outs_are_refused(timeout: Any) -> None:
    name = unique_name()
    with Writer(name, size_mb=1) as writer, Reader(name) as reader:
        calls: list[Callable[[], object]] = [
            lambda: writer.write(number_batch(0), timeout=timeout),
            lambda: reader.read(timeout=timeout),
            lambda: writer.drained(timeout=timeout),
        ]
        for call in calls:
            with pytest.raises(qadataswap.InvalidArgumentError, match='timeout'):
                call()


def test_a_reader_too_many_is_an_error() -> None:
    name = unique_name()
    with Writer(name, size_mb=1, max_readers=1), Reader(name):
        with pytest.raises(qadataswap.TooManyReadersError) as caught:
            Reader(name)
        assert caught.value.code == 'ERR_QADS_TOO_MANY_READERS'


def test_more_than_shared_memory_holds_is_an_error_at_creation() -> None:
    with pytest.raises(qadataswap.NoSpaceError) as caught:
        Writer(unique_name(), size_mb=2**20)
    assert caught.value.code == 'ERR_QADS_NO_SPACE'


def test_the_policy_error_raises_full() -> None:
    name = unique_name()
    with Writer(name, size_mb=1, buffer_count=2, on_full='error') as writer, Reader(name):
        writer.write(number_batch(0))
        writer.write(number_batch(1))
        with pytest.raises(qadataswap.FullError) as caught:
            writer.write(number_batch(2))
        assert caught.value.code == 'ERR_QADS_FULL'


def test_drop_newest_gives_none_and_counts() -> None:
    name = unique_name()
    with Writer(name, size_mb=1, buffer_count=2, on_full='drop-newest') as writer, Reader(name) as reader:
        assert [writer.write(number_batch(i)) for i in range(3)] == [0, 1, None]
        assert writer.try_write(number_batch(3)) is False
        assert writer.stats().dropped_newest == 2
        reader.read()
        assert writer.try_write(number_batch(4)) is True


def test_another_schema_than_the_first_is_refused_where_one_is_allowed() -> None:
    name = unique_name()
    with Writer(name, size_mb=1, one_schema=True) as writer, Reader(name) as reader:
        writer.write(pl.DataFrame({'a': [1]}))
        with pytest.raises(qadataswap.SchemaMismatchError) as caught:
            writer.write(pl.DataFrame({'a': ['x']}))
        assert caught.value.code == 'ERR_QADS_SCHEMA_MISMATCH'
        assert 'column "a" is utf8_view, expected int64' in str(caught.value)
        assert writer.write(pl.DataFrame({'a': [2, 3]})) == 1
        writer.end()
        assert [frame.height for frame in reader] == [1, 2]


def test_metadata_does_not_make_another_schema() -> None:
    def table(rows: int) -> pa.Table:
        # What pandas puts there: the range of the index, and so the number of rows.
        return pa.table({'a': list(range(rows))}).replace_schema_metadata({'pandas': f'{{"stop": {rows}}}'})

    name = unique_name()
    with Writer(name, size_mb=1, one_schema=True) as writer, Reader(name) as reader:
        assert [writer.write(table(rows)) for rows in (2, 3, 2)] == [0, 1, 2]
        writer.end()
        assert [frame.height for frame in reader] == [2, 3, 2]


def test_closed_writers_and_readers_refuse_every_call_but_closing_and_counting() -> None:
    name = unique_name()
    writer = Writer(name, size_mb=1)
    reader = Reader(name)
    writer.write(number_batch(0))
    reader.read()
    for party in (writer, reader):
        party.close()
        party.close()
        assert party.closed
    assert writer.stats().batches == 1
    assert reader.stats().batches == 1
    assert reader.lag == 0
    calls: list[Callable[[], object]] = [
        lambda: writer.write(number_batch(1)),
        lambda: writer.try_write(number_batch(1)),
        writer.drained,
        reader.read,
        reader.read_arrow,
    ]
    for call in calls:
        with pytest.raises(qadataswap.ClosedError, match=name) as caught:
            call()
        assert caught.value.code == 'ERR_QADS_CLOSED'
    writer.abort('too late')
    writer.finish()


def test_nothing_can_be_written_after_the_end() -> None:
    name = unique_name()
    with Writer(name, size_mb=1) as writer:
        writer.end()
        writer.end()
        with pytest.raises(qadataswap.ClosedError, match='ended'):
            writer.write(number_batch(0))


def test_a_corrupt_batch_is_an_error_and_the_next_one_is_read() -> None:
    name = unique_name()
    with Writer(name, size_mb=1) as writer, Reader(name) as reader:
        writer.write(number_batch(0, 10_000))
        writer.write(number_batch(1, 10_000))
        info = qadataswap.inspect_arena(name)
        with Path('/dev/shm', f'qads-arena.{name}').open('r+b') as file:
            file.seek(info.total_bytes - info.capacity + 20)
            file.write(b'\xff' * 8)
        with pytest.raises(qadataswap.CorruptError, match='batch 0') as caught:
            reader.read()
        assert caught.value.code == 'ERR_QADS_CORRUPT'
        assert reader.read() is not None
        assert reader.info is not None
        assert reader.info.sequence == 1


def test_handles_of_the_parent_do_not_work_in_a_forked_child() -> None:
    name = unique_name()
    with Writer(name, size_mb=1) as writer, Reader(name) as reader:
        writer.write(number_batch(0))
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            try:
                codes = []
                for call in (
                    lambda: writer.write(number_batch(1)),
                    lambda: reader.read(timeout=0),
                    writer.stats,
                ):
                    try:
                        call()
                        codes.append('no error')
                    except qadataswap.QadsError as error:
                        codes.append(error.code)
                writer.close()
                reader.close()
                theirs.send(' '.join(codes).encode())
            finally:
                os._exit(0)
        theirs.close()
        assert ours.recv(1000).decode().split() == ['ERR_QADS_FORKED'] * 3
        os.waitpid(pid, 0)
        ours.close()
        # The parent's own go on.
        assert reader.read() is not None
        assert writer.write(number_batch(1)) == 1


def test_a_writer_that_is_dropped_unclosed_looks_dead_to_readers_and_warns() -> None:
    name = unique_name()
    writer = Writer(name, size_mb=1)
    with Reader(name) as reader:
        writer.write(number_batch(0))
        with pytest.warns(ResourceWarning, match=name):
            del writer
        assert reader.read() is not None
        with pytest.raises(qadataswap.WriterDiedError):
            reader.read()


def test_an_exception_in_a_with_block_aborts_the_arena_with_its_text() -> None:
    name = unique_name()
    with Reader(name, wait_ms=60_000) as reader:
        with pytest.raises(KeyError), Writer(name, size_mb=1) as writer:
            writer.write(number_batch(0))
            reader.ready()
            raise KeyError('no such instrument')
        assert reader.read() is not None
        with pytest.raises(qadataswap.WriterAbortedError, match='no such instrument'):
            reader.read()


def test_arenas_can_be_listed_inspected_and_unlinked() -> None:
    name = unique_name()
    arena = SharedMemoryArena(name)
    assert not arena.exists()
    assert arena.unlink() is False
    with arena.create_writer(
        size_mb=2, buffer_count=16, max_readers=3, on_full='drop-oldest', mode=0o660
    ) as writer:
        with arena.create_reader() as reader:
            writer.write(number_batch(0))
            writer.write(number_batch(1))
            reader.read()
            assert name in SharedMemoryArena.list()
            info = arena.inspect()
            assert (info.name, info.capacity, info.slots, info.max_readers) == (name, 2 * 2**20, 16, 3)
            assert (info.on_full, info.mode, info.state) == ('drop-oldest', 0o660, 'open')
            assert (info.published, info.batches, info.writer_alive) == (2, 2, True)
            assert info.abort_reason is None
            (entry,) = info.readers
            assert (entry.pid, entry.alive, entry.cursor, entry.lag, entry.pin) == (
                os.getpid(),
                True,
                1,
                1,
                None,
            )
            assert reader.lag == 1
            assert writer.stats().unread == 1
            assert arena.unlink() is True
            assert not arena.exists()
            # Those who are attached go on.
            writer.write(number_batch(2))
            assert reader.read() is not None
            assert reader.read() is not None


def test_a_table_with_an_invalid_chunk_leaves_the_writer_usable() -> None:
    name = unique_name()
    nested = pa.int64()
    for _ in range(100):
        nested = pa.list_(nested)
    with Writer(name, size_mb=1) as writer, Reader(name) as reader:
        with pytest.raises(qadataswap.InvalidArgumentError, match=f'arena "{name}".* depth') as caught:
            writer.write(pa.record_batch({'x': pa.nulls(1, nested)}))
        assert isinstance(caught.value.__cause__, pa.ArrowInvalid)
        writer.write(number_batch(0))
        assert reader.read() is not None
