"""The blocking reader."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING

import pyarrow as pa

from . import _native
from ._errors import TimedOutError
from ._reader_core import ReaderCore
from ._validators import check_timeout

if TYPE_CHECKING:
    import polars as pl
    from typing_extensions import Self


class Reader(ReaderCore):
    """Reads the batches of one arena, in order. Every reader gets every batch; make one for each consumer.

    A batch is a read-only view of shared memory, which it holds as long as it, or any DataFrame, Series,
    array or numpy view made of it, is referred to; the writer is not held back by that. Close the reader
    when done: one that is attached and does not read holds the writer back.

    Calls may come from any thread; each batch goes to one of them. Waiting lets other threads run, and
    Ctrl-C ends it.

    :param name: of the arena
    :param from_: `earliest` (what is still in the ring, the default), `latest` (new batches only), or a
        sequence.
    :param wait_ms: milliseconds that the first read waits for an arena that does not exist yet; None: for
        ever. Default 0.
    :param spin_micros: microseconds that a wait spins before it sleeps, up to 1000000. Default 0.
    :param on_loss: told of each loss before the batch that follows it is delivered.
    :param verify: `metadata`, or `values` too; the latter by default where another user made the arena or may
        write to it. What it costs is in the README.
    :param reconnect: wait for the next writer of the name instead of failing: when there is none yet, and
        when the writer died or aborted. With `always` also when it ended, so that reading never ends. The
        first arena is read as `from_` says, later ones from their beginning, and none twice. Default False.
    :param on_reconnect: told why a writer is left, by the error or by None (it ended), before the wait for
        the next one.
    :raises NotFoundError: there is no such arena (without `wait_ms`)
    :raises TooManyReadersError: all places for readers are taken
    :raises IncompatibleError, NotAnArenaError, CorruptError: there is no sound arena
    :raises PermissionDeniedError: it is another user's
    :raises NameInvalidError, InvalidArgumentError: no arena can have this name, or an option is wrong
    """

    def read(self, *, timeout: float | None = None) -> pl.DataFrame | None:
        """The next batch as a polars DataFrame, or None when the writer ended the arena and all was read.

        :param timeout: seconds; None waits for ever, 0 never.
        :raises TimedOutError: no batch came in time
        :raises WriterDiedError, WriterAbortedError: after everything that was committed before has been
            delivered
        :raises CorruptError: for a slot that fails verification; the next read goes on behind it
        :raises IncompatibleError: polars has no type for a column: a `read_arrow` after that gives the batch,
            a `read` the next one
        :raises NotFoundError: the arena did not appear within `wait_ms`
        :raises ClosedError: the reader was closed
        """
        slot = self._next(timeout)
        return None if slot is None else self._frame(slot)

    def read_arrow(self, *, timeout: float | None = None) -> pa.RecordBatch | None:
        """Like `read`, as a pyarrow RecordBatch."""
        if (batch := self._take_no_frame()) is not None:
            return batch
        slot = self._next(timeout)
        return None if slot is None else self._decode(slot)

    def ready(self, *, timeout: float | None = None) -> None:
        """Waits until the arena exists and this reader is attached. `read` waits too.

        :raises NotFoundError: `wait_ms` passed first
        :raises TimedOutError: `timeout` passed first
        """
        self._wait_for_arena(check_timeout(timeout))

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Every batch until the end, as DataFrames."""
        while (frame := self.read()) is not None:
            yield frame

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Every batch until the end, as record batches."""
        while (batch := self.read_arrow()) is not None:
            yield batch

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _next(self, timeout: float | None) -> _native.Slot | None:
        seconds = check_timeout(timeout)
        deadline = time.monotonic() + seconds
        while True:
            if not self.attached:
                seconds = self._wait_for_arena(seconds)
            native = self._native
            slot = self._take(seconds)
            # Another arena is read on in the time that is left.
            if slot is not False or (native is not None and self._native is native):
                break
            seconds = max(0.0, deadline - time.monotonic()) if seconds >= 0 else seconds
        if isinstance(slot, bool):
            raise TimedOutError(f'{self._describe()} timed out after {timeout} s')
        return slot

    def _wait_for_arena(self, seconds: float) -> float:
        """The seconds that are left."""
        deadline = time.monotonic() + seconds if seconds >= 0 else math.inf
        while True:
            self._check_open('read')
            if self._attach():
                break
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimedOutError(f'{self._describe()} timed out after {seconds} s')
            time.sleep(min(left, self._next_poll_s()))
        return seconds if seconds <= 0 else max(0.0, deadline - time.monotonic())
