"""Calls of one reader or writer, served one at a time in the order in which they were made."""

from __future__ import annotations

import asyncio
from collections import deque


class Turns:
    def __init__(self) -> None:
        self.taken = False
        self._waiting: deque[asyncio.Future[bool]] = deque()

    async def take(self, deadline: float) -> bool:
        """True when it is the caller's turn, until `give`; False when the loop's time passes `deadline`
        first.
        """
        if not self.taken:
            self.taken = True
            return True
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[bool] = loop.create_future()
        self._waiting.append(turn)
        late = loop.call_at(deadline, _refuse, turn) if deadline < float('inf') else None
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.result():
                self.give()
            raise
        finally:
            if late is not None:
                late.cancel()
            if turn in self._waiting:
                self._waiting.remove(turn)

    def give(self) -> None:
        """Gives the turn to the next."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(True)
                return
        self.taken = False


def _refuse(turn: asyncio.Future[bool]) -> None:
    if not turn.done():
        turn.set_result(False)
