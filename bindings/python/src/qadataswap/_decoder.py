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

    def batch(self, slot: _native.Slot) -> tuple[pa.RecordBatch, dict[str, str]]:
        """The batch in `slot`, whose buffers keep the slot's lease, and its custom metadata.

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

    def _batch(self, slot: _native.Slot) -> tuple[pa.RecordBatch, dict[str, str]]:
        buffer = pa.foreign_buffer(slot.address, slot.length, base=slot)
        if slot.dictionaries > 0 or slot.has_metadata:
            stream = pa.ipc.open_stream(buffer.slice(slot.schema_begin))
            batch, metadata = stream.read_next_batch_with_custom_metadata()
            return batch, _text_of(metadata)
        schema = self._schemas.get(slot.schema_id)
        if schema is None:
            schema = pa.ipc.read_schema(buffer.slice(slot.schema_begin))
            if len(self._schemas) >= _MAX_SCHEMAS:
                self._schemas.clear()
            self._schemas[slot.schema_id] = schema
        return pa.ipc.read_record_batch(buffer.slice(slot.batch_begin), schema), {}


def _text_of(metadata: pa.KeyValueMetadata | None) -> dict[str, str]:
    if metadata is None:
        return {}
    # UTF-8 by the format; a batch is not lost for a writer that put something else there.
    return {key.decode(errors='replace'): value.decode(errors='replace') for key, value in metadata.items()}
