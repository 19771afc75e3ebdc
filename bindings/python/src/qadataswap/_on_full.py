"""The policies of a full ring."""

from __future__ import annotations

from typing import Literal

OnFull = Literal['block', 'drop-oldest', 'drop-newest', 'error']
"""What a writer does when the ring is full.

- `block`: it waits for the slowest reader; nothing is lost, also before the first reader came.
- `drop-oldest`: unread batches of slow readers go; each reader is told exactly which it lost.
- `drop-newest`: the new batch is not written, and counted.
- `error`: the write fails with `FullError`.
"""

ON_FULL: tuple[OnFull, ...] = ('block', 'drop-oldest', 'drop-newest', 'error')
