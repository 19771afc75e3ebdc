"""One `write()` as a series of slots: batches larger than the ring are split by rows."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterable, Iterator

import pyarrow as pa

from . import _native
from ._encoder import Encoder, has_dictionaries
from ._errors import BatchTooLargeError

# Several parts fit the ring at once, so that reading one overlaps with writing the next; a huge row takes
# all of it.
_PARTS_IN_RING = 4


class Plans:
    """Iterates over the slots of one write, each planned when its turn comes and valid until the next."""

    def __init__(
        self,
        batches: Iterable[pa.RecordBatch],
        encoder: Encoder,
        capacity: int,
        arena: str,
        metadata: pa.KeyValueMetadata | None = None,
    ) -> None:
        self._batches = batches
        self._encoder = encoder
        self._capacity = capacity
        self._arena = arena
        self._metadata = metadata
        self.written = 0
        """Slots that are in the ring, for messages."""

    def __iter__(self) -> Generator[_native.SlotEncoder, None, None]:
        for batch in self._batches:
            with self._planned(batch) as plan:
                if plan.size <= self._capacity:
                    yield plan
                    continue
                size = plan.size
            yield from self._split(batch, size)

    @contextlib.contextmanager
    def single(self) -> Iterator[_native.SlotEncoder | None]:
        """The only slot of this write, or None if it takes several."""
        batches = iter(self._batches)
        batch = next(batches)
        if next(batches, None) is not None:
            yield None
            return
        with self._planned(batch) as plan:
            yield plan if plan.size <= self._capacity else None

    def describe(self) -> str:
        so_far = f' (its first {self.written} parts are written)' if self.written else ''
        return f'write() to arena "{self._arena}"{so_far}'

    def _planned(self, batch: pa.RecordBatch) -> contextlib.AbstractContextManager[_native.SlotEncoder]:
        return self._encoder.planned(batch, self._metadata)

    def _split(self, batch: pa.RecordBatch, size: int) -> Generator[_native.SlotEncoder, None, None]:
        goal = self._part_goal(batch)
        rows = batch.num_rows
        step = max(1, rows * goal // size)
        start = 0
        while start < rows:
            count = min(step, rows - start)
            while True:
                with self._planned(batch.slice(start, count)) as plan:
                    if plan.size <= (goal if count > 1 else self._capacity):
                        yield plan
                        break
                    part = plan.size
                if count == 1:
                    raise self._too_large(batch, start, part)
                step = count = max(1, min(count // 2, count * goal // part))
            start += count

    def _part_goal(self, batch: pa.RecordBatch) -> int:
        """Bytes that a part may take."""
        with self._planned(batch.slice(0, 1)) as plan:
            least = plan.size
        part = self._capacity // _PARTS_IN_RING
        # Every part repeats the dictionaries: where they take most of it, larger parts repeat them less
        # often.
        return part if 2 * least <= part else self._capacity

    def _too_large(self, batch: pa.RecordBatch, row: int, size: int) -> BatchTooLargeError:
        what = 'with its dictionaries ' if has_dictionaries(batch.schema) else ''
        return BatchTooLargeError(
            f'{self.describe()}: row {row} of the batch {what}needs {size} bytes, and the ring holds '
            f'{self._capacity}; create the arena with a larger size_mb'
        )
