"""Options of writers and readers, checked."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypedDict

from ._errors import InvalidArgumentError, QadsError
from ._info import Loss
from ._on_full import ON_FULL, OnFull
from ._validators import check_bool, check_int, check_one_of, check_positive, check_timeout

Start = Literal['earliest', 'latest'] | int
"""Where a reader starts: what is still in the ring, new batches only, or a sequence."""

Verify = Literal['metadata', 'values']
"""What a reader verifies of a batch before it shows it.

- `metadata`: every number of the metadata: nothing leads outside of the batch.
- `values`: besides every value that leads somewhere, and UTF-8: offsets, views, dictionary indices, type ids,
  run ends, null counts. Takes a pass over those buffers.
"""

VERIFY: tuple[Verify, ...] = ('metadata', 'values')

EARLIEST = -1

_MEBI = 2**20
_MAX_SPIN_MICROS = 1_000_000


class WriterArguments(TypedDict, total=False):
    """Keyword arguments of `Writer`, which documents them."""

    size_mb: float
    buffer_count: int
    max_readers: int
    on_full: OnFull
    mode: int
    one_schema: bool
    spin_micros: int


Reconnect = bool | Literal['always']
"""Whether a reader waits for the next writer of the name where it would fail; `always`: also at the end."""


class ReaderArguments(TypedDict, total=False):
    """Keyword arguments of `Reader`, which documents them."""

    from_: Start
    wait_ms: float | None
    spin_micros: int
    on_loss: Callable[[Loss], object] | None
    verify: Verify | None
    reconnect: Reconnect
    on_reconnect: Callable[[QadsError | None], object] | None


@dataclass(frozen=True)
class WriterOptions:
    capacity: int
    slots: int
    max_readers: int
    on_full: OnFull
    mode: int
    one_schema: bool
    spin_micros: int


def writer_options(
    size_mb: float,
    buffer_count: int,
    max_readers: int,
    on_full: OnFull,
    mode: int,
    one_schema: bool,
    spin_micros: int,
) -> WriterOptions:
    return WriterOptions(
        capacity=math.ceil(check_positive(size_mb, 'size_mb', 2**20) * _MEBI),
        slots=check_int(buffer_count, 'buffer_count', 2, 2**20),
        max_readers=check_int(max_readers, 'max_readers', 1, 512),
        on_full=check_one_of(on_full, 'on_full', ON_FULL),
        mode=check_int(mode, 'mode', 0, 0o777),
        one_schema=check_bool(one_schema, 'one_schema'),
        spin_micros=check_int(spin_micros, 'spin_micros', 0, _MAX_SPIN_MICROS),
    )


@dataclass(frozen=True)
class ReaderOptions:
    start: int
    wait_s: float
    spin_micros: int
    on_loss: Callable[[Loss], object] | None
    verify: int
    reconnect: Reconnect
    on_reconnect: Callable[[QadsError | None], object] | None


def reader_options(
    from_: Start,
    wait_ms: float | None,
    spin_micros: int,
    on_loss: Callable[[Loss], object] | None,
    verify: Verify | None,
    reconnect: Reconnect,
    on_reconnect: Callable[[QadsError | None], object] | None,
) -> ReaderOptions:
    if from_ == 'earliest':
        start = EARLIEST
    elif from_ == 'latest':
        start = -2
    elif isinstance(from_, int) and not isinstance(from_, bool) and 0 <= from_ < 2**63:
        start = from_
    else:
        raise InvalidArgumentError(
            f"from_ must be 'earliest', 'latest' or a sequence (an int, 0 or more), got {from_!r}"
        )
    wait = check_timeout(wait_ms, 'wait_ms', 'milliseconds')
    if on_loss is not None and not callable(on_loss):
        raise InvalidArgumentError(f'on_loss must be callable, got {on_loss!r}')
    if on_reconnect is not None and not callable(on_reconnect):
        raise InvalidArgumentError(f'on_reconnect must be callable, got {on_reconnect!r}')
    if not isinstance(reconnect, bool) and reconnect != 'always':
        raise InvalidArgumentError(f"reconnect must be True, False or 'always', got {reconnect!r}")
    return ReaderOptions(
        start=start,
        wait_s=wait / 1000 if wait >= 0 and not reconnect else math.inf,
        spin_micros=check_int(spin_micros, 'spin_micros', 0, _MAX_SPIN_MICROS),
        on_loss=on_loss,
        verify=0 if verify is None else 1 + VERIFY.index(check_one_of(verify, 'verify', VERIFY)),
        reconnect=reconnect,
        on_reconnect=on_reconnect,
    )
