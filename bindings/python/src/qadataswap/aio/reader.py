"""The asyncio reader."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING

import pyarrow as pa

from .. import _native
from .._errors import TimedOutError
from .._reader_core import ReaderCore
from .._validators import check_timeout
from ._doorbell import Membership
from ._turns import Turns

if TYPE_CHECKING:
    import polars as pl
    from typing_extensions import Self, Unpack

    from .._options import ReaderArguments


class Reader(ReaderCore):
    """`qadataswap.Reader` for asyncio, with the same arguments: waits are awaited, and hold no thread.

    Use one in one event loop. Calls are served in the order in which they were made; a read that is
    cancelled or times out takes no batch. With `wait_ms` the first read waits for an arena that does not
    exist yet.
    """

    def __init__(self, name: str, **options: Unpack[ReaderArguments]) -> None:
        super().__init__(name, **options)
        self._turns = Turns()
        self._membership = Membership()

    async def read(self, *, timeout: float | None = None) -> pl.DataFrame | None:
        """As `qadataswap.Reader.read`."""
        slot = await self._next(timeout)
        return None if slot is None else self._frame(slot)

    async def read_arrow(self, *, timeout: float | None = None) -> pa.RecordBatch | None:
        """Like `read`, as a pyarrow RecordBatch."""
        if (batch := self._take_no_frame()) is not None:
            return batch
        slot = await self._next(timeout)
        return None if slot is None else self._decode(slot)

    async def ready(self, *, timeout: float | None = None) -> None:
        """Waits until the arena exists and this reader is attached. `read` waits too."""
        deadline = _deadline(check_timeout(timeout))
        if not await self._wait_for_arena(deadline):
            raise TimedOutError(f'{self._describe()} timed out after {timeout} s')

    def __aiter__(self) -> AsyncIterator[pl.DataFrame]:
        """Every batch until the end, as DataFrames."""
        return _Frames(self)

    def batches(self) -> AsyncIterator[pa.RecordBatch]:
        """Every batch until the end, as record batches."""
        return _Batches(self)

    def close(self) -> None:
        super().close()
        self._membership.leave()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def _next(self, timeout: float | None) -> _native.Slot | None:
        deadline = _deadline(check_timeout(timeout))
        self._check_open('read')
        slot: _native.Slot | bool | None = False
        if await self._turns.take(deadline):
            try:
                slot = await self._take_when_there(deadline)
            finally:
                self._turns.give()
        if isinstance(slot, bool):
            raise TimedOutError(f'{self._describe()} timed out after {timeout} s')
        return slot

    async def _take_when_there(self, deadline: float) -> _native.Slot | bool | None:
        while True:
            if not self.attached and not await self._wait_for_arena(deadline):
                return False
            native = self._native
            assert native is not None
            slot = await self._take_of(native, deadline)
            # Another arena is read on in the time that is left.
            if slot is not False or self._native is native:
                return slot

    async def _take_of(self, native: _native.Reader, deadline: float) -> _native.Slot | bool | None:
        slot: _native.Slot | bool | None = False

        def attempt() -> bool:
            nonlocal slot
            slot = self._take(0)
            return slot is not False or self._native is not native

        await self._membership.doorbell().wait(attempt, native.arm, native.disarm, deadline)
        return slot

    async def _wait_for_arena(self, deadline: float) -> bool:
        loop = asyncio.get_running_loop()
        while True:
            self._check_open('read')
            if self._attach():
                return True
            left = deadline - loop.time()
            if left <= 0:
                return False
            await asyncio.sleep(min(left, self._next_poll_s()))


class _Frames:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def __aiter__(self) -> _Frames:
        return self

    async def __anext__(self) -> pl.DataFrame:
        frame = await self._reader.read()
        if frame is None:
            raise StopAsyncIteration
        return frame


class _Batches:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def __aiter__(self) -> _Batches:
        return self

    async def __anext__(self) -> pa.RecordBatch:
        batch = await self._reader.read_arrow()
        if batch is None:
            raise StopAsyncIteration
        return batch


def _deadline(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds if seconds >= 0 else math.inf
