"""The blocking writer."""

from __future__ import annotations

import contextlib
import math
import time
from types import TracebackType
from typing import TYPE_CHECKING

from . import _native
from ._errors import TimedOutError
from ._sources import Metadata, Writable
from ._validators import check_timeout
from ._writer_core import WriterCore, several, text_of

if TYPE_CHECKING:
    from typing_extensions import Self

# How soon a writer that waits for its first reader hears of it.
_JOIN_PROBE_S = 0.05


class Writer(WriterCore):
    """Writes DataFrames and record batches into an arena of its own: one writer an arena, any number of
    readers.

    Calls may come from any thread; each is served wholly before the next. Waiting lets other threads run, and
    Ctrl-C ends it. In a `with` statement an exception aborts the arena with its text, and the end of the
    block is `finish()`.

    :param name: of the arena: 1 to 200 of `A-Z a-z 0-9 . _ -`. A name whose writer closed or died is taken
        over.
    :param size_mb: size of the data ring in MiB, rounded up to whole pages. Default 64.
    :param buffer_count: slots: how many batches may be in the ring at once, 2 to 1048576. Default 1024.
    :param max_readers: readers that may be attached at once, 1 to 512. Default 32.
    :param on_full: what happens when the ring is full. Default `block`.
    :param mode: permission bits of the segment. Default 0o600: this user only. A group (0o660), or everybody,
        may read and write, or neither: readers write too.
    :param one_schema: refuse a batch whose columns differ from those of the first one in name, order, type or
        nullability; metadata, such as the range of pandas' index, may differ. Default False.
    :param spin_micros: microseconds that a wait spins before it sleeps, up to 1000000. Default 0.
    :raises WriterExistsError: the name has a writer that is alive
    :raises NoSpaceError: shared memory has not enough room
    :raises NameInvalidError, InvalidArgumentError, PermissionDeniedError: as their names say
    """

    def write(
        self, data: Writable, *, metadata: Metadata | None = None, timeout: float | None = None
    ) -> int | None:
        """Writes a DataFrame as one batch, or each batch of a table; what is larger than the ring is split
        by rows.

        The data is copied into the ring once, by the time this returns. Under `block` it waits for space.

        :param metadata: of this batch, beside that of its schema: custom metadata of Arrow's record batch
            message, which readers have in `info.metadata`. Every part of a table or of a split batch has it.
        :param timeout: seconds; None waits for ever, 0 never.
        :returns: the sequence of the last batch written, or None when the arena's policy dropped one.
        :raises TimedOutError: a batch is written wholly or not at all, but parts of a table or of a split
            batch that came before are in the ring; the message says how many.
        :raises FullError: the ring is full, and the policy is `error`
        :raises BatchTooLargeError: one row is larger than the ring
        :raises SchemaMismatchError: the arena allows one schema, and this is another
        :raises ClosedError: after `end`, `abort` or `close`
        """
        deadline = _deadline(check_timeout(timeout))
        plans = self._plans(data, 'write', metadata)
        last = None
        dropped = False
        with self._writing:
            self._begin_write('write')
            try:
                with contextlib.closing(iter(plans)) as slots:
                    for plan in slots:
                        last = self._place(plan, _seconds_to(deadline))
                        if last >= 0:
                            plans.written += 1
                        elif last == _native.DROPPED:
                            dropped = True
                        else:
                            raise TimedOutError(f'{plans.describe()} timed out after {timeout} s')
            finally:
                self._in_write = False
        return None if dropped else last

    def try_write(self, data: Writable, *, metadata: Metadata | None = None) -> bool:
        """Writes one batch if that needs no waiting.

        :returns: True when it is in the ring; False when there is no space now, or it was dropped.
        :raises InvalidArgumentError: for a table of several batches, or a batch that would have to be split
        """
        plans = self._plans(data, 'try_write', metadata)
        with self._writing:
            self._begin_write('try_write')
            try:
                with plans.single() as plan:
                    if plan is None:
                        raise several(self.name)
                    return self._place(plan, 0) >= 0
            finally:
                self._in_write = False

    def drained(self, *, need_reader: bool = False, timeout: float | None = None) -> None:
        """Waits until every reader has read everything. Without readers it returns at once.

        :param need_reader: also wait for the first reader, when none ever attached.
        :param timeout: seconds; None waits for ever.
        :raises TimedOutError: some batch is unread, or no reader came
        """
        if not self._native_open('drained').wait_drained(need_reader, check_timeout(timeout)):
            raise TimedOutError(f'drained() of arena "{self.name}" timed out after {timeout} s')

    def end(self) -> None:
        """Marks the clean end:

        readers get what is in the ring, then the end. The arena stays until `close`.
        """
        with self._writing:
            self._end()

    def finish(self, *, wait_for_reader: bool = True, timeout: float | None = None) -> None:
        """Ends cleanly and detaches.

        Under `block` it first waits for a reader if none ever came and something is unread, so that a
        short-lived program does not vanish with its data. It does not wait for readers to read everything:
        those that are attached still get what is in the ring. Under the other policies it waits for nobody.

        :param timeout: seconds; None waits for ever.
        :raises TimedOutError: no reader came; the arena is ended, and not closed.
        """
        deadline = _deadline(check_timeout(timeout))
        if self.closed:
            return
        self.end()
        while wait_for_reader and self._needs_first_reader():
            left = _seconds_to(deadline)
            if left == 0:
                raise TimedOutError(
                    f'finish() of arena "{self.name}" timed out after {timeout} s: no reader came for what '
                    'is unread'
                )
            probe = _JOIN_PROBE_S if left < 0 else min(left, _JOIN_PROBE_S)
            self._native_open('finish').wait_drained(True, probe)
        self._close_finished()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.finish()
        else:
            self.abort(text_of(error))


def _deadline(seconds: float) -> float:
    return time.monotonic() + seconds if seconds >= 0 else math.inf


def _seconds_to(deadline: float) -> float:
    """-1: for ever."""
    return -1.0 if deadline == math.inf else max(0.0, deadline - time.monotonic())
