"""What a reader verifies, and what a peer can do to it by writing into the ring."""

from __future__ import annotations

import os
import random
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from qadataswap import CorruptError, InvalidArgumentError, Reader, Writer, _native
from qadataswap._decoder import Decoder

from .support.arenas import unique_name
from .support.batches import LARGE_ROWS, SMALL_ROWS, number_batch, number_of
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
                    peer.bytes[offset:message + length] = garbage * (message + length - offset)
                    offset = begin + body_offset + body_length
            peer.bytes[offset:end] = garbage * (end - offset)
        assert_same(Decoder().batch(slot), batch)
        native.close()
