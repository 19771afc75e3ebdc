"""Buffers that do not lie side by side as one file."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa


class Pieces:
    """A file for pyarrow that gives slices of buffers, one buffer after another, and copies nothing."""

    closed = False

    def __init__(self, buffers: Iterable[pa.Buffer]) -> None:
        self._buffers = [buffer for buffer in buffers if buffer.size > 0]
        self._next = 0
        self._at = 0

    def read_buffer(self, count: int) -> pa.Buffer:
        """Up to `count` bytes; fewer at the end of a buffer."""
        if self._next == len(self._buffers):
            return _NOTHING
        buffer = self._buffers[self._next]
        count = min(count, buffer.size - self._at)
        piece = buffer.slice(self._at, count)
        self._at += count
        if self._at == buffer.size:
            self._next += 1
            self._at = 0
        return piece

    def read(self, count: int) -> pa.Buffer:
        return self.read_buffer(count)

    def close(self) -> None:
        pass


_NOTHING = pa.py_buffer(b'')
