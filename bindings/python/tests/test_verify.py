"""What a reader verifies, and what a peer can do to it by writing into the ring."""

from __future__ import annotations

import itertools
import os
import random
from typing import Any

import pyarrow as pa
import pytest

from qadataswap import CorruptError, InvalidArgumentError, QadsError, Reader, Writer, _native
from qadataswap._decoder import Decoder

from .support.arenas import unique_name, until
from .support.batches import LARGE_ROWS, SMALL_ROWS, number_batch
from .support.child import Child, report
from .support.peer import Peer
from .test_arrow_types import COLUMNS, assert_same

LARGE = 3_000
"""Times the three rows of a column: more than what is copied out of the ring, for any type."""
GARBAGE = {'zeros': b'\0', 'ones': b'\xff', 'letters': b'Q'}


def large(column: pa.Array) -> pa.RecordBatch:
    padding = pa.array(bytes(8) for _ in range(3 * LARGE))
    return pa.record_batch({'x': pa.concat_arrays([column] * LARGE), 'padding': padding})


@pytest.mark.parametrize('garbage', GARBAGE.values(), ids=GARBAGE.keys())
@pytest.mark.parametrize('column', COLUMNS.values(), ids=COLUMNS.keys())
def test_metadata_overwritten_after_it_was_verified_changes_nothing(column: pa.Array, garbage: bytes) -> None:
    name = unique_name()
    batch = large(column)
    with Writer(name, size_mb=8) as writer:
        writer.write(batch)
        native = _native.Reader(name, -1, 0)
        slot = native.next(0)
        assert isinstance(slot, _native.Slot)
        assert slot.in_place
        with Peer(name) as peer:
            ((begin, end),) = peer.slots()
            offset = begin
            for length, body_offset, body_length in slot.places:
                if body_offset:
                    message = begin + body_offset - length
                    peer.bytes[offset : message + length] = garbage * (message + length - offset)
                    offset = begin + body_offset + body_length
            peer.bytes[offset:end] = garbage * (end - offset)
        decoded, _ = Decoder(name).batch(slot)
        assert_same(decoded, batch)
        native.close()


# Rings of a few batches, so that the peer mostly hits one that is still to be read.
@pytest.mark.parametrize(
    ('rows', 'size_mb'), [(SMALL_ROWS, 1 / 128), (LARGE_ROWS, 1)], ids=['small', 'large']
)
def test_a_peer_that_keeps_overwriting_metadata_never_ends_a_reader(rows: int, size_mb: float) -> None:
    name = unique_name()
    body = body_offset(rows)
    with (
        Writer(name, size_mb=size_mb, buffer_count=8) as writer,
        Child('test_verify', 'keep_overwriting', name=name, body=body) as peer,
        Child('test_verify', 'read_on', name=name) as reader,
    ):
        assert peer.report() == 'mapped'
        assert reader.report() == 'attached'
        number = 0
        while writer.stats().readers > 0:
            assert peer.alive
            number += writer.try_write(number_batch(number, rows))
        counts = reader.report()
        assert counts['sound'] >= ENOUGH
        assert counts['corrupt'] >= ENOUGH
        reader.finished()


ENOUGH = 50
FLIPS = 100


def body_offset(rows: int) -> int:
    """Where in the slot of a number batch its values begin."""
    name = unique_name()
    with Writer(name, size_mb=4) as writer:
        writer.write(number_batch(0, rows))
        native = _native.Reader(name, -1, 0)
        slot = native.next(0)
        assert isinstance(slot, _native.Slot)
        slot_bytes = pa.foreign_buffer(slot.address, slot.length, base=slot)
        batch = pa.ipc.open_file(slot_bytes).get_batch(0)
        native.close()
        return int(batch.column(0).buffers()[1].address) - slot.address


def keep_overwriting(name: str, body: int) -> None:
    with Peer(name) as peer:
        report('mapped')
        chance = random.Random(body)
        while True:
            for begin, _ in peer.slots():
                # A slot may go on at the beginning of the ring.
                at = min(begin + chance.randrange(8, body), len(peer.bytes) - 1)
                peer.bytes[at] ^= 1 << chance.randrange(8)


def read_on(name: str) -> None:
    """Until enough batches were read, and enough were refused: nothing else may come."""
    counts = {'sound': 0, 'corrupt': 0}
    with Reader(name, from_='latest') as reader:
        report('attached')
        while min(counts.values()) < ENOUGH:
            # They lie in the ring for a while, for the peer.
            until(lambda: reader.lag >= 4)
            try:
                batch = reader.read_arrow()
            except CorruptError:
                counts['corrupt'] += 1
                continue
            assert batch is not None
            # What was changed before it was verified may be another batch, but a whole one.
            batch.validate()
            counts['sound'] += 1
            del batch
    report(counts)


@pytest.mark.parametrize(
    ('mode', 'chosen', 'expected'),
    [
        (0o600, None, 'metadata'),
        (0o660, None, 'values'),
        (0o606, None, 'values'),
        (0o600, 'values', 'values'),
        (0o660, 'metadata', 'metadata'),
    ],
)
def test_values_are_verified_by_default_where_others_can_write(mode: int, chosen: Any, expected: str) -> None:
    name = unique_name()
    with Writer(name, size_mb=1, mode=mode), Reader(name, verify=chosen) as reader:
        assert reader.verify == expected


@pytest.mark.skipif(os.geteuid() != 0, reason='only root gives files away')
def test_values_are_verified_by_default_where_another_user_made_the_arena() -> None:
    name = unique_name()
    with Writer(name, size_mb=1):
        os.chown(f'/dev/shm/qads-arena.{name}', 65534, -1)
        with Reader(name) as reader:
            assert reader.verify == 'values'


def test_another_word_for_what_to_verify_is_an_error_that_gives_the_choices() -> None:
    with pytest.raises(InvalidArgumentError, match="verify must be one of 'metadata', 'values', got 'all'"):
        Reader(unique_name(), verify='all')  # type: ignore[arg-type]


@pytest.mark.parametrize('repeats', [1, LARGE], ids=['small', 'large'])
def test_values_that_lie_are_refused_and_the_next_batch_is_read(repeats: int) -> None:
    name = unique_name()
    texts = pa.record_batch({'x': pa.array(['abc', 'def', 'ghi'] * repeats)})
    with Writer(name, size_mb=4) as writer, Reader(name, verify='values') as reader:
        writer.write(texts)
        with Peer(name) as peer:
            at = peer.bytes.find(b'abcdefghi')
            peer.bytes[at] = 0xFF
        writer.write(texts)
        with pytest.raises(CorruptError, match=f'arena "{name}": batch 0 is refused: string is not UTF-8'):
            reader.read()
        assert reader.read_arrow() == texts


def test_no_flipped_bit_of_a_small_batch_ends_a_process_that_verifies_values() -> None:
    """A short form of native/fuzz/flips_read.py, which flips every bit of its corpus."""
    with Child('test_verify', 'read_flips') as child:
        counts = child.report()
        child.finished()
    assert counts['read'] > 1000
    assert counts['refused'] > 1000


def read_flips() -> None:
    counts = {'read': 0, 'refused': 0}
    # What polars panics over is printed.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    for index, column in enumerate(COLUMNS.values()):
        name = unique_name()
        chance = random.Random(index)
        with Writer(name, size_mb=1) as writer, Reader(name, verify='values') as reader:
            for number in range(FLIPS):
                writer.write(pa.record_batch({'x': column}))
                with Peer(name) as peer:
                    begin, end = next(itertools.islice(peer.slots(), number, None))
                    bit = chance.randrange(8 * (begin + 8), 8 * (end - 6))
                    peer.bytes[bit // 8] ^= 1 << bit % 8
                counts[outcome_of_read(reader)] += 1
    report(counts)


def outcome_of_read(reader: Reader) -> str:
    try:
        frame = reader.read(timeout=0)
        assert frame is not None
        frame.to_dicts()
    except QadsError:
        return 'refused'
    except KeyboardInterrupt:
        raise
    except BaseException:  # a panic of polars is no Exception
        return 'refused'
    return 'read'
