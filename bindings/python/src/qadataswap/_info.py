"""What writers, readers and arenas tell about themselves. Sizes are bytes, times nanoseconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from ._on_full import OnFull


ArenaState: TypeAlias = Literal['open', 'ended', 'aborted', 'corrupt']
ReaderState: TypeAlias = Literal['joining', 'live', 'leaving', 'corrupt']
"""`leaving`: closed, but batches that it read still take space. `corrupt`: a number that no peer stores."""


@dataclass(frozen=True)
class Loss:
    """Batches that a slow reader of a `drop-oldest` arena did not get: `first` to `first + count - 1`."""

    first: int
    count: int


@dataclass(frozen=True)
class BatchInfo:
    """Where a batch came from."""

    arena: str
    sequence: int
    """Number of the batch: the writer's first is 0. A number that is skipped was lost."""
    rows: int
    bytes: int
    """Length of the slot, an Arrow IPC file: metadata, dictionaries, buffers and padding."""
    commit_ns: int
    """When the writer committed it, since the epoch, as `time.time_ns()`."""
    lost: Loss | None
    """What this reader lost just before this batch."""
    leased: bool
    """True when the batch is read in place, False when its bytes were copied out of the ring."""
    metadata: dict[str, str] = field(default_factory=dict)
    """What the writer said of this batch alone: Arrow's custom metadata of the record batch message."""


@dataclass(frozen=True)
class WriterStats:
    """Counters of one writer."""

    batches: int
    bytes: int
    bytes_copied: int
    """Bytes that writes copied into the ring."""
    dropped_newest: int
    dropped_oldest: int
    waits: int
    wait_ns: int
    reaped_readers: int
    """Readers that died and whose entry was taken back."""
    evictions: int
    readers: int
    """Readers attached."""
    joins: int
    """Readers that ever attached."""
    unread: int
    """Batches that some attached reader has not read yet; with no reader, that nobody has read."""
    in_ring: int
    """Batches that occupy the ring, history included."""


@dataclass(frozen=True)
class ReaderStats:
    """Counters of one reader since it attached."""

    batches: int
    bytes: int
    bytes_copied: int
    """Bytes that reads copied: small batches, by design, and none of the others."""
    lost: int
    waits: int
    evacuations: int
    private_bytes: int
    """Bytes of private memory that hold evacuated leases now."""
    leases: int
    """Batches that are still referred to."""
    cursor: int
    lag: int
    """Batches that are published and not read yet."""


@dataclass(frozen=True)
class ReaderInfo:
    """A reader of an arena, as seen from outside."""

    index: int
    pid: int
    alive: bool
    waiting: bool
    state: ReaderState
    cursor: int
    lag: int
    pin: int | None
    """Lowest leased sequence."""
    batches: int
    bytes: int
    bytes_copied: int
    lost: int
    evacuations: int
    private_bytes: int


@dataclass(frozen=True)
class ArenaInfo:
    """An arena as seen from outside."""

    name: str
    generation: int
    created_ns: int
    total_bytes: int
    capacity: int
    slots: int
    max_readers: int
    on_full: OnFull
    mode: int
    one_schema: bool
    lease_threshold: int
    state: ArenaState
    abort_reason: str | None
    writer_alive: bool
    writer_pid: int
    published: int
    oldest: int
    batches: int
    bytes: int
    dropped_newest: int
    dropped_oldest: int
    reaped_readers: int
    evictions: int
    readers: tuple[ReaderInfo, ...]
