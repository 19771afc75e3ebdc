"""Slots to record batches, in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from . import _native

_MAX_SCHEMAS = 64


class Decoder:
    """Remembers the schemas of one reader."""

    def __init__(self) -> None:
        self._schemas: dict[int, pa.Schema] = {}

    def batch(self, slot: _native.Slot) -> pa.RecordBatch:
        """The batch in `slot`, whose buffers keep the slot's lease."""
        buffer = pa.foreign_buffer(slot.address, slot.length, base=slot)
        if slot.dictionaries > 0:
            return pa.ipc.open_stream(buffer.slice(slot.schema_begin)).read_next_batch()
        schema = self._schemas.get(slot.schema_id)
        if schema is None:
            schema = pa.ipc.read_schema(buffer.slice(slot.schema_begin))
            if len(self._schemas) >= _MAX_SCHEMAS:
                self._schemas.clear()
            self._schemas[slot.schema_id] = schema
        return pa.ipc.read_record_batch(buffer.slice(slot.batch_begin), schema)
