"""What the blocking and the asyncio reader have in common: everything but waiting."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from . import _native
from ._decoder import Decoder
from ._errors import (
    ClosedError,
    ForkedError,
    IncompatibleError,
    NotFoundError,
    QadsError,
    WriterAbortedError,
    WriterDiedError,
)
from ._frames import Frames
from ._identity import Identity, identity_of, is_still
from ._info import BatchInfo, Loss, ReaderStats
from ._options import EARLIEST, VERIFY, Reconnect, Start, Verify, reader_options
from ._validators import check_name

if TYPE_CHECKING:
    import polars as pl

_FIRST_POLL_S = 0.002
_LAST_POLL_S = 0.05
_NOTHING_READ = ReaderStats(*([0] * len(dataclasses.fields(ReaderStats))))


class ReaderCore:
    """Owns the native reader. See `Reader`."""

    def __init__(
        self,
        name: str,
        *,
        from_: Start = 'earliest',
        wait_ms: float | None = 0,
        spin_micros: int = 0,
        on_loss: Callable[[Loss], object] | None = None,
        verify: Verify | None = None,
        reconnect: Reconnect = False,
        on_reconnect: Callable[[QadsError | None], object] | None = None,
    ) -> None:
        self._native: _native.Reader | None = None
        self._last_stats: ReaderStats | None = None
        self.name = check_name(name)
        """Of the arena."""
        self._options = reader_options(from_, wait_ms, spin_micros, on_loss, verify, reconnect, on_reconnect)
        # The arena that is read or was left last, and what was known of it when it was left.
        self._seen: Identity | None = None
        self._last_info: BatchInfo | None = None
        self._wait_until = time.monotonic() + self._options.wait_s
        self._poll_s = _FIRST_POLL_S
        self._closed = False
        self._closing = threading.Lock()
        self._decoder = Decoder(name)
        self._frames = Frames(name)
        # What polars has no frame for: the next read_arrow() delivers it.
        self._no_frame: pa.RecordBatch | None = None
        # Of the batch that was decoded last, and its sequence.
        self._metadata: tuple[int, dict[str, str]] = (-1, {})
        self._undelivered: _native.Slot | None = None
        self._generation = 0
        self._attach()

    @property
    def attached(self) -> bool:
        """False while the arena does not exist yet (`wait_ms`)."""
        return self._native is not None

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def generation(self) -> int:
        """Every writer that takes the name over begins a new generation of the arena.

        It is 1 again after the name was gone. 0 until attached.
        """
        return self._generation

    @property
    def verify(self) -> Verify | None:
        """What is verified of each batch. None until attached, where the default was taken."""
        if self._native is not None:
            return VERIFY[self._native.verifies() - 1]
        return VERIFY[self._options.verify - 1] if self._options.verify else None

    @property
    def lag(self) -> int:
        """Batches that are published and not read yet."""
        return 0 if self._native is None or self._closed else self._native.lag()

    @property
    def info(self) -> BatchInfo | None:
        """Where the batch that was read last came from; None before the first."""
        last = None if self._native is None else self._native.last()
        if last is None:
            return self._last_info
        sequence, rows, length, commit_ns, lost_first, lost_count, leased = last
        lost = Loss(lost_first, lost_count) if lost_count else None
        of_sequence, metadata = self._metadata
        if of_sequence != sequence:
            metadata = {}
        return BatchInfo(self.name, sequence, rows, length, commit_ns, lost, leased, metadata)

    def stats(self) -> ReaderStats:
        """Counters; after `close`, those of that moment."""
        if self._closed or self._native is None:
            return self._last_stats or _NOTHING_READ
        stats = self._native.stats()
        del stats['capacity'], stats['generation']
        return ReaderStats(**stats, lag=self._native.lag())

    def close(self) -> None:
        """Detaches. Batches stay valid; reads that wait in other threads or tasks fail with `ClosedError`.

        Idempotent.
        """
        with self._closing:
            if self._closed:
                return
            if self._native is not None:
                # In a forked child the numbers are the parent's.
                with contextlib.suppress(ForkedError):
                    self._last_stats = self.stats()
            self._closed = True
            self._undelivered = None
            self._no_frame = None
            if self._native is not None:
                self._native.close()

    def __repr__(self) -> str:
        state = 'closed ' if self.closed else ''
        return f'<{state}{type(self).__module__}.{type(self).__name__} of arena "{self.name}">'

    def __del__(self, _warn: Any = warnings.warn) -> None:
        if getattr(self, '_native', None) is not None and not self._closed:
            _warn(f'unclosed reader of arena "{self.name}"', ResourceWarning, stacklevel=2, source=self)

    def _attach(self) -> bool:
        """Attaches if it is not: false while there is no such arena, or only the one that was left, and time
        is left.
        """
        if self._native is not None:
            return True
        try:
            options = self._options
            identity = identity_of(self.name) if options.reconnect else None
            if identity is not None and identity == self._seen:
                return False
            # Later arenas are read from their beginning.
            start = options.start if self._seen is None else EARLIEST
            native = _native.Reader(self.name, start, options.spin_micros, options.verify)
        except NotFoundError as error:
            if self._options.wait_s == 0:
                raise
            if time.monotonic() >= self._wait_until:
                waited = f'{error} (waited {self._options.wait_s * 1000:g} ms for it)'
                raise NotFoundError(waited) from error
            return False
        # The name may have passed to another arena between looking and attaching.
        if identity is not None and not is_still(self.name, identity):
            native.close()
            return False
        with self._closing:
            # Another thread may have closed this reader meanwhile, or been faster.
            if self._closed or self._native is not None:
                native.close()
                return not self._closed
            self._generation = native.stats()['generation']
            self._seen = identity
            self._native = native
        return True

    def _leave(self, native: _native.Reader, why: QadsError | None) -> None:
        """Done with this arena: the next read waits for another one."""
        with self._closing:
            # Another thread may have left it, or closed this reader.
            if self._closed or self._native is not native:
                return
            self._last_stats = self.stats()
            self._last_info = self.info
            self._metadata = (-1, {})
            self._native = None
            self._poll_s = _FIRST_POLL_S
        native.close()
        if self._options.on_reconnect is not None:
            self._options.on_reconnect(why)

    def _next_poll_s(self) -> float:
        """Until `_attach` is worth repeating. Nobody rings for a birth, so it is polled."""
        poll = min(self._poll_s, max(0.001, self._wait_until - time.monotonic()))
        self._poll_s = min(2 * self._poll_s, _LAST_POLL_S)
        return poll

    def _take(self, seconds: float) -> _native.Slot | bool | None:
        """The next batch; None at the end, False when nothing came in time or the arena was left."""
        self._check_open('read')
        if self._undelivered is not None:
            slot, self._undelivered = self._undelivered, None
            return slot
        native = self._native
        if native is None:
            return False
        try:
            got = native.next(seconds)
        except (WriterDiedError, WriterAbortedError) as error:
            if not self._options.reconnect:
                raise
            self._leave(native, error)
            return False
        except ClosedError:
            if self._closed or self._native is native:
                raise
            # Another thread left the arena.
            return False
        if got is not False and self._options.on_loss is not None:
            lost = native.take_loss()
            if lost is not None:
                # A listener that fails does not cost the batch: the next read delivers it.
                self._undelivered = got
                self._options.on_loss(Loss(*lost))
                self._undelivered = None
        if got is None and self._options.reconnect == 'always':
            self._leave(native, None)
            return False
        return got

    def _decode(self, slot: _native.Slot) -> pa.RecordBatch:
        batch, metadata = self._decoder.batch(slot)
        self._metadata = (slot.sequence, metadata)
        return batch

    def _frame(self, slot: _native.Slot) -> pl.DataFrame:
        self._no_frame = None
        batch = self._decode(slot)
        try:
            return self._frames.of(batch, slot.sequence)
        except IncompatibleError:
            self._no_frame = batch
            raise

    def _take_no_frame(self) -> pa.RecordBatch | None:
        self._check_open('read_arrow')
        batch, self._no_frame = self._no_frame, None
        return batch

    def _check_open(self, call: str) -> None:
        if self._closed:
            raise ClosedError(f'{call}() of arena "{self.name}": the reader is closed')

    def _describe(self) -> str:
        if self.attached:
            return f'read() of arena "{self.name}"'
        if self._seen is not None:
            return f'waiting for the next writer of arena "{self.name}"'
        return f'waiting for arena "{self.name}" to be created'
