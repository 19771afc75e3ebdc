"""Record batches to slots:

pyarrow's IPC writer writes, the native side says where in the slot each byte goes.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import types

from . import _native
from ._errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_SCHEMAS = 8


class Encoder:
    """Plans the slot of one batch at a time. Remembers the last schemas."""

    def __init__(self, arena: str) -> None:
        self._arena = arena
        self._known: list[_SchemaEncoder] = []

    @contextlib.contextmanager
    def planned(
        self, batch: pa.RecordBatch, metadata: pa.KeyValueMetadata | None = None
    ) -> Iterator[_native.SlotEncoder]:
        """The slot of `batch`, whose buffers are borrowed until the end of the context.

        :param metadata: of this batch alone
        """
        encoder = self._encoder_of(batch.schema)
        if batch.num_rows == 0:
            # Of a slice without rows, Arrow C++ writes all values of some types.
            batch = empty_batch(batch.schema)
        try:
            plan = encoder.plan(batch, metadata)
        except BaseException as error:
            # pyarrow's writer may be left in the middle of a message.
            self._known.remove(encoder)
            if isinstance(error, pa.ArrowException) and not isinstance(error, MemoryError):
                raise InvalidArgumentError(
                    f'write() to arena "{self._arena}": this batch cannot be had as Arrow IPC: {error}'
                ) from error
            raise
        try:
            yield plan
        finally:
            encoder.forget()

    def _encoder_of(self, schema: pa.Schema) -> _SchemaEncoder:
        for index, known in enumerate(self._known):
            if known.schema.equals(schema, check_metadata=True):
                if index > 0:
                    self._known.insert(0, self._known.pop(index))
                return known
        encoder = _SchemaEncoder(schema)
        self._known.insert(0, encoder)
        del self._known[_MAX_SCHEMAS:]
        return encoder


class _SchemaEncoder:
    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema
        self._sink = _native.PartSink()
        self._native = _native.SlotEncoder(node_layouts(schema))
        self._known = False
        self._stream: pa.RecordBatchStreamWriter | None = None
        # A stream leaves a dictionary out that has not changed, and a slot must have it.
        self._streams = not has_dictionaries(schema)

    def plan(self, batch: pa.RecordBatch, metadata: pa.KeyValueMetadata | None) -> _native.SlotEncoder:
        if self._known and self._streams:
            # From the second batch on, only the batch itself is written: several times faster for small ones.
            if self._stream is None:
                self._stream = self._begin_stream()
            self._stream.write_batch(batch, metadata)
            self._native.plan_batch(self._sink)
        else:
            with pa.ipc.new_file(pa.PythonFile(self._sink, mode='w'), self.schema) as file:
                file.write_batch(batch, metadata)
            self._native.plan_file(self._sink)
            self._known = True
        return self._native

    def forget(self) -> None:
        """Lets go of the planned batch."""
        self._sink.clear()

    def _begin_stream(self) -> pa.RecordBatchStreamWriter:
        stream = pa.ipc.new_stream(pa.PythonFile(self._sink, mode='w'), self.schema)
        # The schema message comes with the first batch: out of the way.
        stream.write_batch(empty_batch(self.schema))
        self._sink.clear()
        return stream


def empty_batch(schema: pa.Schema) -> pa.RecordBatch:
    # All columns at once: pyarrow has no Array class for some types, such as intervals of months.
    columns = pa.nulls(0, pa.struct(list(schema)))
    return pa.RecordBatch.from_struct_array(columns).replace_schema_metadata(schema.metadata)


def has_dictionaries(schema: pa.Schema) -> bool:
    return any(_has_dictionary(field.type) for field in schema)


def _has_dictionary(data_type: pa.DataType) -> bool:
    if types.is_dictionary(data_type):
        return True
    if isinstance(data_type, pa.BaseExtensionType):
        return _has_dictionary(data_type.storage_type)
    return any(_has_dictionary(data_type.field(i).type) for i in range(data_type.num_fields))


def node_layouts(schema: pa.Schema) -> list[tuple[int, bool]]:
    """Number of buffers of each column in a record batch message, and whether it is one of views.

    Empty for a schema without views: only they can be compacted.
    """
    nodes: list[tuple[int, bool]] = []
    for field in schema:
        _add_nodes(field.type, nodes)
    return nodes if any(is_view for _, is_view in nodes) else []


def _add_nodes(data_type: pa.DataType, nodes: list[tuple[int, bool]]) -> None:
    if isinstance(data_type, pa.BaseExtensionType):
        data_type = data_type.storage_type
    if types.is_dictionary(data_type):
        data_type = data_type.index_type
    if types.is_string_view(data_type) or types.is_binary_view(data_type):
        nodes.append((2, True))
    elif types.is_null(data_type) or types.is_run_end_encoded(data_type):
        nodes.append((0, False))
    elif types.is_union(data_type):
        # Unions have type ids, dense ones offsets too, and no validity.
        nodes.append((2 if data_type.mode == 'dense' else 1, False))
    else:
        nodes.append((data_type.num_buffers, False))
    for index in range(data_type.num_fields):
        _add_nodes(data_type.field(index).type, nodes)
