from __future__ import annotations

import faulthandler
import gc
import os
from collections.abc import Iterator

import pytest

from .support.arenas import arenas_of_this_process, shared_files

# A test that hangs ends the run, and says where.
_HANG_S = 300


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """After each test: no arena, no bell, and no descriptor of either."""
    faulthandler.dump_traceback_later(_HANG_S, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()
    gc.collect()
    assert arenas_of_this_process() == []
    assert shared_files(os.getpid()) == []
