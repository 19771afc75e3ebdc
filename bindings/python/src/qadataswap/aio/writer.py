"""The asyncio writer."""

from __future__ import annotations

import asyncio
import contextlib
import math
from types import TracebackType
from typing import TYPE_CHECKING

from .. import _native
from .._errors import TimedOutError
from .._sources import Metadata, Writable
from .._validators import check_timeout
from .._writer_core import WriterCore, several, text_of
from ._doorbell import Membership
from ._turns import Turns

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from .._options import WriterArguments


class Writer(WriterCore):
    """`qadataswap.Writer` for asyncio, with the same arguments: waits are awaited, and hold no thread.

    Use one in one event loop. Calls are served in the order in which they were made; cancelling one ends its
    wait at once. In `async with` an exception aborts the arena with its text, and the end of the block is
    `finish()`.
    """

    def __init__(self, name: str, **options: Unpack[WriterArguments]) -> None:
        super().__init__(name, **options)
        self._turns = Turns()
        self._membership = Membership()

    async def write(
        self, data: Writable, *, metadata: Metadata | None = None, timeout: float | None = None
    ) -> int | None:
        """As `qadataswap.Writer.write`.

        A batch is written wholly or not at all, also when this is cancelled. Copying runs in the loop's
        thread.
        """
        deadline = _deadline(check_timeout(timeout))
        plans = self._plans(data, 'write', metadata)
        last: int | None = None
        dropped = False
        if not await self._turns.take(deadline):
            raise TimedOutError(f'{plans.describe()} timed out after {timeout} s')
        try:
            self._check_open('write')
            with contextlib.closing(iter(plans)) as slots:
                for plan in slots:
                    sequence = await self._place_when_free(plan, deadline)
                    if sequence >= 0:
                        last = sequence
                        plans.written += 1
                    elif sequence == _native.DROPPED:
                        dropped = True
                    else:
                        raise TimedOutError(f'{plans.describe()} timed out after {timeout} s')
        finally:
            self._turns.give()
        return None if dropped else last

    def try_write(self, data: Writable, *, metadata: Metadata | None = None) -> bool:
        """As `qadataswap.Writer.try_write`; False also when earlier writes still wait."""
        plans = self._plans(data, 'try_write', metadata)
        if self._turns.taken:
            return False
        with plans.single() as plan:
            if plan is None:
                raise several(self.name)
            return self._place(plan, 0) >= 0

    async def drained(self, *, need_reader: bool = False, timeout: float | None = None) -> None:
        """As `qadataswap.Writer.drained`, behind the writes that still wait."""
        deadline = _deadline(check_timeout(timeout))
        what = f'drained() of arena "{self.name}"'
        self._native_open('drained')
        if not await self._turns.take(deadline):
            raise TimedOutError(f'{what} timed out after {timeout} s')
        try:
            drained = await self._membership.doorbell().wait(
                lambda: self._native_open('drained').wait_drained(need_reader, 0),
                lambda bell: self._native_open('drained').arm_drained(bell, need_reader),
                self._disarm,
                deadline,
            )
        finally:
            self._turns.give()
        if not drained:
            raise TimedOutError(f'{what} timed out after {timeout} s')

    async def end(self) -> None:
        """Marks the clean end, behind the writes that still wait:

        readers get what is in the ring, then the end.
        """
        await self._turns.take(math.inf)
        try:
            self._end()
        finally:
            self._turns.give()

    async def finish(self, *, wait_for_reader: bool = True, timeout: float | None = None) -> None:
        """As `qadataswap.Writer.finish`, behind the writes that still wait."""
        deadline = _deadline(check_timeout(timeout))
        if self.closed:
            return
        await self.end()
        if wait_for_reader:
            came = await self._membership.doorbell().wait(
                lambda: not self._needs_first_reader(),
                lambda bell: self._native_open('finish').arm_drained(bell, True),
                self._disarm,
                deadline,
            )
            if not came:
                raise TimedOutError(
                    f'finish() of arena "{self.name}" timed out after {timeout} s: no reader came for what '
                    'is unread'
                )
        self._close_finished()

    def close(self) -> None:
        super().close()
        self._membership.leave()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            await self.finish()
        else:
            self.abort(text_of(error))

    async def _place_when_free(self, plan: _native.SlotEncoder, deadline: float) -> int:
        sequence = _native.WOULD_BLOCK

        def attempt() -> bool:
            nonlocal sequence
            sequence = self._place(plan, 0)
            return sequence != _native.WOULD_BLOCK

        await self._membership.doorbell().wait(
            attempt, lambda bell: self._native_open('write').arm(bell), self._disarm, deadline
        )
        return sequence

    def _disarm(self) -> None:
        if self._native is not None:
            self._native.disarm()


def _deadline(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds if seconds >= 0 else math.inf
