"""How an event loop waits for peers: one file descriptor a loop, and no thread."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable

from .. import _native

# A dead writer rings nobody, so sleepers also look this often; looking asks the kernel whether the writer
# lives. It is how soon a death is noticed, never how soon a batch is.
_PROBE_S = 0.25
# A peer that keeps saying "at once" although nothing comes is broken: then look again at the next probe.
_MAX_RETRIES = 1000
# A loop that always finds work ready would starve everything else: now and then it takes a turn.
_TURN_S = 0.008

_doorbells: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Doorbell] = weakref.WeakKeyDictionary()


class Doorbell:
    """The FIFO that peers ring to wake one event loop.

    Its readers and writers count themselves in and out.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        # The loop holds this object, not the other way round.
        self._loop = weakref.ref(loop)
        self._bell = _native.Bell()
        self._sleepers: set[asyncio.Future[None]] = set()
        self._probe: asyncio.TimerHandle | None = None
        self._parties = 0
        self._last_turn = loop.time()
        loop.add_reader(self._bell.fd, self._ring)

    @staticmethod
    def of_running_loop() -> Doorbell:
        loop = asyncio.get_running_loop()
        doorbell = _doorbells.get(loop)
        if doorbell is None:
            doorbell = _doorbells[loop] = Doorbell(loop)
        return doorbell

    def enter(self) -> None:
        self._parties += 1

    def leave(self) -> None:
        """The last one out removes the FIFO."""
        self._parties -= 1
        if self._parties > 0:
            return
        loop = self._loop()
        if loop is not None:
            if not loop.is_closed():
                loop.remove_reader(self._bell.fd)
            _doorbells.pop(loop, None)
        self._bell.close()

    async def turn_if_due(self) -> None:
        """Lets the loop turn if it has not for a while."""
        now = asyncio.get_running_loop().time()
        if now - self._last_turn >= _TURN_S:
            await asyncio.sleep(0)
            self._last_turn = asyncio.get_running_loop().time()

    async def wait(
        self,
        attempt: Callable[[], bool],
        arm: Callable[[_native.Bell], bool],
        disarm: Callable[[], None],
        deadline: float,
    ) -> bool:
        """Calls `attempt` until it says True; False when the loop's time passes `deadline` first.

        Cancelled, it has done nothing since the last attempt.

        :param arm: asks the peer to ring: True when it will, False when `attempt` should be called again at
            once.
        """
        await self.turn_if_due()
        if attempt():
            return True
        loop = asyncio.get_running_loop()
        retries = 0
        while loop.time() < deadline:
            retries += 1
            try:
                if arm(self._bell) or retries > _MAX_RETRIES:
                    await self._sleep(loop, deadline)
            finally:
                disarm()
            if attempt():
                return True
        return False

    async def _sleep(self, loop: asyncio.AbstractEventLoop, deadline: float) -> None:
        """Until rung, probed or late."""
        sleeper = loop.create_future()
        self._sleepers.add(sleeper)
        if self._probe is None:
            self._probe = loop.call_later(_PROBE_S, self._look)
        late = loop.call_at(deadline, _wake, sleeper) if deadline - loop.time() < _PROBE_S else None
        try:
            await sleeper
        finally:
            self._sleepers.discard(sleeper)
            if late is not None:
                late.cancel()
            self._last_turn = loop.time()

    def _ring(self) -> None:
        self._bell.drain()
        self.wake_all()

    def _look(self) -> None:
        """The timer outlives short sleeps, so that a sleep costs none of its own; it stops when nobody
        sleeps.
        """
        loop = self._loop()
        sleeping = bool(self._sleepers) and loop is not None
        self._probe = loop.call_later(_PROBE_S, self._look) if sleeping and loop is not None else None
        self.wake_all()

    def wake_all(self) -> None:
        for sleeper in self._sleepers:
            _wake(sleeper)


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)


class Membership:
    """One party's place at the doorbell of the loop that runs when it first waits; left once."""

    def __init__(self) -> None:
        self._doorbell: Doorbell | None = None

    def doorbell(self) -> Doorbell:
        if self._doorbell is None:
            self._doorbell = Doorbell.of_running_loop()
            self._doorbell.enter()
        return self._doorbell

    def leave(self) -> None:
        """The party was closed: its waits look again, and learn it."""
        doorbell, self._doorbell = self._doorbell, None
        if doorbell is not None:
            doorbell.wake_all()
            doorbell.leave()

    def __del__(self) -> None:
        self.leave()
