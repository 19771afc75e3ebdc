"""Slots to record batches, in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from ._errors import CorruptError, IncompatibleError

if TYPE_CHECKING:
    from . import _native

_MAX_SCHEMAS = 64


class Decoder:
    """Remembers the schemas of one reader."""

    def __init__(self, arena: str) -> None:
        self._arena = arena
        self._schemas: dict[int, pa.Schema] = {}

    def batch(self, slot: _native.Slot) -> pa.RecordBatch:
        """The batch in `slot`, whose buffers keep the slot's lease.

        :raises CorruptError: pyarrow refuses what passed the verifier: a compressed body that is damaged
        :raises IncompatibleError: this build of pyarrow lacks something
        """
        try:
            return self._batch(slot)
        except pa.ArrowNotImplementedError as error:
            raise IncompatibleError(self._refusal(slot, error)) from error
        except MemoryError:
            raise
        # pyarrow raises what its errors are subclasses of as well: OSError, for one.
        except (pa.ArrowException, OSError, EOFError, ValueError) as error:
            raise CorruptError(self._refusal(slot, error)) from error

    def _refusal(self, slot: _native.Slot, error: Exception) -> str:
        return f'arena "{self._arena}": batch {slot.sequence} is refused: {error}; the batch is skipped'

    def _batch(self, slot: _native.Slot) -> pa.RecordBatch:
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
