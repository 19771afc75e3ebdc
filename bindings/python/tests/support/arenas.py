"""Names, and what is left in shared memory."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable
from pathlib import Path

import qadataswap

_count = itertools.count()


def unique_name() -> str:
    """A name that no other test has."""
    return f'pytest.{os.getpid()}.{next(_count)}'


def arena_exists(name: str) -> bool:
    return qadataswap.SharedMemoryArena(name).exists()


def until(condition: Callable[[], object]) -> None:
    """Waits for a condition; fails long after any that will come has come."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, 'what was waited for never came'
        time.sleep(0.002)


def arenas_of_this_process() -> list[str]:
    return [name for name in qadataswap.list_arenas() if name.startswith(f'pytest.{os.getpid()}.')]


def shared_files(pid: int) -> list[str]:
    """Names in shared memory that a process has open, but for the evacuator's doorbell, which stays."""
    files = []
    for entry in Path(f'/proc/{pid}/fd').iterdir():
        try:
            target = os.readlink(entry)
        except OSError:
            continue  # closed since it was listed
        if target.startswith('/dev/shm/qads-arena'):
            files.append(target)
    return files


def waiting_readers(name: str) -> int:
    return sum(reader.waiting for reader in qadataswap.inspect_arena(name).readers)
