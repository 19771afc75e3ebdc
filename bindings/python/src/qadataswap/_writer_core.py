"""What the blocking and the asyncio writer have in common: everything but waiting."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import warnings
from typing import Any

from . import _native
from ._encoder import Encoder
from ._errors import ClosedError, ForkedError, InvalidArgumentError
from ._info import WriterStats
from ._on_full import ON_FULL, OnFull
from ._options import writer_options
from ._plans import Plans
from ._sources import Metadata, Writable, batches_of, check_metadata
from ._validators import check_name

_NOTHING_WRITTEN = WriterStats(*([0] * len(dataclasses.fields(WriterStats))))


class WriterCore:
    """Owns the native writer. See `Writer`."""

    def __init__(
        self,
        name: str,
        *,
        size_mb: float = 64,
        buffer_count: int = 1024,
        max_readers: int = 32,
        on_full: OnFull = 'block',
        mode: int = 0o600,
        one_schema: bool = False,
        spin_micros: int = 0,
    ) -> None:
        self._native: _native.Writer | None = None
        check_name(name)
        options = writer_options(size_mb, buffer_count, max_readers, on_full, mode, one_schema, spin_micros)
        self.name = name
        """Of the arena."""
        self.on_full: OnFull = on_full
        """What happens when the ring is full."""
        self._refusal: str | None = None
        self._closing = threading.Lock()
        self._last_stats: WriterStats | None = None
        # Parts of one write stay together. Re-entrant, because a signal handler may come in between.
        self._writing = threading.RLock()
        self._in_write = False
        self._encoder = Encoder(name)
        self._bytes_copied = 0
        self._native = _native.Writer(
            name,
            options.capacity,
            options.slots,
            options.max_readers,
            ON_FULL.index(options.on_full),
            options.mode,
            options.one_schema,
            options.spin_micros,
        )
        stats = self._native.stats()
        self.capacity = stats['capacity']
        """Bytes of the data ring."""
        self.generation = stats['generation']
        """Every writer that is created under the name begins a new generation of the arena."""

    @property
    def closed(self) -> bool:
        return self._last_stats is not None

    def stats(self) -> WriterStats:
        """Counters; after `close`, those of that moment."""
        if self._last_stats is not None:
            return self._last_stats
        stats = self._native_open('stats').stats()
        del stats['capacity'], stats['generation']
        return WriterStats(**stats, bytes_copied=self._bytes_copied)

    def abort(self, reason: object = 'aborted without a reason') -> None:
        """Gives up: readers get what is in the ring, then fail with `WriterAbortedError` and this reason.

        Detaches, like `close`. A reason that is an exception stands for its text. Writes that wait in other
        threads or tasks fail with `ClosedError`. Nothing when closed.
        """
        if self.closed or self._native is None:
            return
        self._refusal = 'the arena was aborted'
        self._native.abort(text_of(reason))
        self.close()

    def close(self) -> None:
        """Detaches at once; ends the arena if it is open. Idempotent.

        Readers that are attached still get what is in the ring; without any, the arena is gone, which a
        warning on standard error tells under `block` if anything was unread. Writes that wait in other
        threads or tasks fail with `ClosedError`.
        """
        with self._closing:
            if self.closed or self._native is None:
                return
            self._refusal = self._refusal or 'the writer is closed'
            stats = _NOTHING_WRITTEN
            # In a forked child the numbers are the parent's.
            with contextlib.suppress(ForkedError):
                stats = self.stats()
            self._native.close()
            self._last_stats = stats

    def __repr__(self) -> str:
        state = 'closed ' if self.closed else ''
        return f'<{state}{type(self).__module__}.{type(self).__name__} of arena "{self.name}">'

    def __del__(self, _warn: Any = warnings.warn) -> None:
        # The native side detaches without ending: readers see that the writer is gone, not a clean end.
        if getattr(self, '_native', None) is not None and not self.closed:
            _warn(f'unclosed writer of arena "{self.name}"', ResourceWarning, stacklevel=2, source=self)

    def _native_open(self, call: str) -> _native.Writer:
        if self._native is None or self.closed:
            raise self._closed_error(call)
        return self._native

    def _closed_error(self, call: str) -> ClosedError:
        return ClosedError(f'{call}() of arena "{self.name}": {self._refusal or "the writer is closed"}')

    def _plans(self, data: Writable, call: str, metadata: Metadata | None) -> Plans:
        self._check_open(call)
        batches = batches_of(data, self.capacity, self.name)
        return Plans(batches, self._encoder, self.capacity, self.name, check_metadata(metadata))

    def _check_open(self, call: str) -> None:
        if self._refusal is not None:
            raise self._closed_error(call)

    def _begin_write(self, call: str) -> None:
        """Called with `_writing` held; `_in_write` is to be reset after."""
        self._check_open(call)
        if self._in_write:
            raise InvalidArgumentError(
                f'{call}() of arena "{self.name}" inside of another write of this thread (a signal handler?)'
            )
        self._in_write = True

    def _place(self, plan: _native.SlotEncoder, seconds: float) -> int:
        sequence = self._native_open('write').place(plan, seconds)
        if sequence >= 0:
            self._bytes_copied += plan.size
        return sequence

    def _end(self) -> None:
        if self.closed:
            return
        self._refusal = self._refusal or 'the arena was ended'
        self._native_open('end').end()

    def _needs_first_reader(self) -> bool:
        """Under `block`, what is unread vanishes with the writer if nobody ever came."""
        stats = self.stats()
        return self.on_full == 'block' and stats.joins == 0 and stats.unread > 0

    def _close_finished(self) -> None:
        """What no reader reads, whoever called `finish` knows of it."""
        if self._native is not None:
            self._native.accept_loss()
        self.close()


def text_of(reason: object) -> str:
    """A sentence for readers, who do not see what kind of exception it is."""
    # As bytes of UTF-8 that end with the first zero byte: what cannot be in it is replaced.
    return _sentence_of(reason).replace('\0', '\ufffd').encode(errors='replace').decode()


def _sentence_of(reason: object) -> str:
    if not isinstance(reason, BaseException):
        return str(reason)
    kind = type(reason).__name__
    # The text of KeyError(21) is "21".
    says_what = not isinstance(reason, KeyError) and any(isinstance(part, str) for part in reason.args)
    text = str(reason)
    if not text:
        return kind
    return text if says_what else f'{kind}: {text}'


def several(name: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        f'try_write() to arena "{name}" writes one batch that fits the ring, and this takes several: '
        'use write()'
    )
