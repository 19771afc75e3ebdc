"""Slots to record batches, in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
from pyarrow import types

from ._errors import CorruptError, IncompatibleError
from ._pieces import Pieces

if TYPE_CHECKING:
    from . import _native

_MAX_SCHEMAS = 64


class _KnownSchema(NamedTuple):
    schema: pa.Schema
    form: list[_native.ArrayNode] | None


class Decoder:
    """Remembers the schemas of one reader."""

    def __init__(self, arena: str) -> None:
        self._arena = arena
        self._schemas: dict[int, _KnownSchema] = {}

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
        batch, metadata = self._in_place(slot) if slot.in_place else self._copied(slot)
        if slot.unseen:
            batch.validate(full=True)
        return batch, metadata

    def _copied(self, slot: _native.Slot) -> tuple[pa.RecordBatch, dict[str, str]]:
        buffer = pa.foreign_buffer(slot.address, slot.length, base=slot)
        if slot.dictionaries > 0 or slot.has_metadata:
            return _first_of(pa.ipc.open_stream(buffer.slice(slot.schema_begin)))
        known = self._schemas.get(slot.schema_id) or self._learn(slot, buffer.slice(slot.schema_begin))
        return pa.ipc.read_record_batch(buffer.slice(slot.batch_begin), known.schema), {}

    def _in_place(self, slot: _native.Slot) -> tuple[pa.RecordBatch, dict[str, str]]:
        """A peer can change the slot's metadata at any moment: what was verified of it is read."""
        if slot.dictionaries > 0 or slot.has_metadata:
            return _first_of(pa.ipc.open_stream(_file_of(_messages_of(slot))))
        known = self._schemas.get(slot.schema_id)
        if known is None:
            known = self._learn(slot, _messages_of(slot)[0])
        if known.form is not None:
            array = slot.array(len(known.schema), known.form)
            if array is not None:
                return pa.RecordBatch._import_from_c(array.address, known.schema), {}
        message = pa.ipc.read_message(_file_of(_messages_of(slot)[2:]))
        return pa.ipc.read_record_batch(message, known.schema), {}

    def _learn(self, slot: _native.Slot, message: pa.Buffer) -> _KnownSchema:
        schema = pa.ipc.read_schema(message)
        if len(self._schemas) >= _MAX_SCHEMAS:
            self._schemas.clear()
        known = self._schemas[slot.schema_id] = _KnownSchema(schema, _array_form(schema))
        return known


def _first_of(stream: pa.RecordBatchStreamReader) -> tuple[pa.RecordBatch, dict[str, str]]:
    batch, metadata = stream.read_next_batch_with_custom_metadata()
    return batch, _text_of(metadata)


def _text_of(metadata: pa.KeyValueMetadata | None) -> dict[str, str]:
    if metadata is None:
        return {}
    # UTF-8 by the format; a batch is not lost for a writer that put something else there.
    return {key.decode(errors='replace'): value.decode(errors='replace') for key, value in metadata.items()}


def _messages_of(slot: _native.Slot) -> list[pa.Buffer]:
    """Of each message what was verified, and its body in the slot."""
    whole = pa.foreign_buffer(slot.address, slot.length, base=slot)
    messages = pa.foreign_buffer(slot.messages_address, slot.messages_length, base=slot)
    buffers = []
    begin = 0
    for length, body_offset, body_length in slot.places:
        buffers += [messages.slice(begin, length), whole.slice(body_offset, body_length)]
        begin += length
    return buffers


def _file_of(buffers: list[pa.Buffer]) -> pa.PythonFile:
    return pa.PythonFile(Pieces(buffers), mode='r')


def _array_form(schema: pa.Schema) -> list[_native.ArrayNode] | None:
    """None with dictionaries, which an IPC reader puts together."""
    form: list[_native.ArrayNode] = []
    return form if all(_add_nodes(field.type, form) for field in schema) else None


def _add_nodes(data_type: pa.DataType, form: list[_native.ArrayNode]) -> bool:
    if isinstance(data_type, pa.BaseExtensionType):
        data_type = data_type.storage_type
    if types.is_dictionary(data_type):
        return False
    children = data_type.num_fields
    if types.is_string_view(data_type) or types.is_binary_view(data_type):
        form.append((2, True, True, children))
    elif types.is_null(data_type) or types.is_run_end_encoded(data_type):
        form.append((0, False, False, children))
    elif types.is_union(data_type):
        form.append((2 if data_type.mode == 'dense' else 1, False, False, children))
    else:
        form.append((data_type.num_buffers, False, True, children))
    return all(_add_nodes(data_type.field(index).type, form) for index in range(children))
