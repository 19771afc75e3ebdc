from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest

import qadataswap

from .support.arenas import arenas_of_this_process, shared_files, until


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """After each test: no arena, no bell, and no descriptor of either."""
    yield
    gc.collect()
    left = arenas_of_this_process()
    for name in left:
        qadataswap.unlink_arena(name)
    assert left == []
    # The evacuator lets go of an arena when it has moved what is still held.
    until(lambda: shared_files(os.getpid()) == [])
