"""Arrow record batches and Polars DataFrames between processes on one machine, through shared memory.

One writer, many readers, in Python, Node.js, Rust and C++. `qadataswap.aio` is the same for asyncio.
"""

import os as _os

from . import _native
from ._errors import (
    BatchTooLargeError,
    ClosedError,
    CorruptError,
    ForkedError,
    FullError,
    IncompatibleError,
    InvalidArgumentError,
    NameInvalidError,
    NoSpaceError,
    NotAnArenaError,
    NotFoundError,
    OperatingSystemError,
    PermissionDeniedError,
    QadsError,
    SchemaMismatchError,
    TimedOutError,
    TooManyReadersError,
    WriterAbortedError,
    WriterDiedError,
    WriterExistsError,
)
from ._info import ArenaInfo, BatchInfo, Loss, ReaderInfo, ReaderStats, WriterStats
from ._native import version as __version__
from ._on_full import OnFull
from ._options import Reconnect, Start, Verify
from ._sources import ArrowStream, Metadata, Writable
from .arena import SharedMemoryArena, inspect_arena, list_arenas, unlink_arena
from .reader import Reader
from .shared_data_frame import SharedDataFrame
from .writer import Writer

# Batches of the parent live on in a forked child, as multiprocessing makes by default.
_os.register_at_fork(before=_native.prepare_fork)

__all__ = [
    'ArenaInfo',
    'ArrowStream',
    'BatchInfo',
    'BatchTooLargeError',
    'ClosedError',
    'CorruptError',
    'ForkedError',
    'FullError',
    'IncompatibleError',
    'InvalidArgumentError',
    'Loss',
    'Metadata',
    'NameInvalidError',
    'NoSpaceError',
    'NotAnArenaError',
    'NotFoundError',
    'OnFull',
    'OperatingSystemError',
    'PermissionDeniedError',
    'QadsError',
    'Reader',
    'ReaderInfo',
    'ReaderStats',
    'Reconnect',
    'SchemaMismatchError',
    'SharedDataFrame',
    'SharedMemoryArena',
    'Start',
    'TimedOutError',
    'TooManyReadersError',
    'Verify',
    'Writable',
    'Writer',
    'WriterAbortedError',
    'WriterDiedError',
    'WriterExistsError',
    'WriterStats',
    '__version__',
    'inspect_arena',
    'list_arenas',
    'unlink_arena',
]
