"""What a writer takes, as record batches."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import pyarrow as pa

from ._encoder import empty_batch
from ._errors import InvalidArgumentError

if TYPE_CHECKING:
    import polars as pl


class ArrowStream(Protocol):
    """Anything that exports its data through the Arrow PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


Writable: TypeAlias = 'pl.DataFrame | pl.LazyFrame | pa.Table | pa.RecordBatch | ArrowStream'
"""One DataFrame is one batch. Tables and streams are written batch by batch."""


Metadata: TypeAlias = Mapping[str, str] | Mapping[bytes, bytes]
"""Custom metadata of a batch. A `pyarrow.KeyValueMetadata` is one."""


def check_metadata(metadata: Any) -> pa.KeyValueMetadata | None:
    """None for none."""
    if metadata is None:
        return None
    if not isinstance(metadata, (Mapping, pa.KeyValueMetadata)):
        raise InvalidArgumentError(f'metadata must be a mapping of str to str, got {metadata!r}')
    pairs = [(_text(key), _text(value)) for key, value in metadata.items()]
    return pa.KeyValueMetadata(pairs) if pairs else None


def _text(value: Any) -> str:
    try:
        if isinstance(value, bytes):
            return value.decode()
        if isinstance(value, str):
            value.encode()
            return value
    except UnicodeError as error:
        raise InvalidArgumentError(f'metadata must be UTF-8, got {value!r}') from error
    raise InvalidArgumentError(f'metadata must be a mapping of str to str, got {value!r} in it')


def batches_of(data: Any, capacity: int, arena: str) -> Iterable[pa.RecordBatch]:
    """The record batches of `data`: at least one, so that an empty table still shows its schema to readers.

    A DataFrame in several chunks becomes one batch if that fits `capacity` bytes.
    """
    if isinstance(data, pa.RecordBatch):
        return (data,)
    if isinstance(data, pa.Table):
        return data.to_batches() or (empty_batch(data.schema),)
    polars = sys.modules.get('polars')
    if polars is not None and isinstance(data, polars.LazyFrame):
        data = data.collect()
    try:
        if polars is not None and isinstance(data, polars.DataFrame):
            return _of_frame(data, capacity)
        if hasattr(data, '__arrow_c_stream__'):
            return _of_stream(data)
        if hasattr(data, '__arrow_c_array__'):
            return (pa.record_batch(data),)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InvalidArgumentError(
            f'write() to arena "{arena}": this cannot be had as Arrow: {error}'
        ) from error
    raise InvalidArgumentError(
        f'write() to arena "{arena}" takes a polars DataFrame or LazyFrame, a pyarrow Table or RecordBatch, '
        f'or an object with __arrow_c_stream__, got an instance of {type(data).__name__}'
    )


def _of_frame(frame: pl.DataFrame, capacity: int) -> Iterable[pa.RecordBatch]:
    if frame.width == 0:
        raise ValueError('a DataFrame without columns has no rows in Arrow; give it one column at least')
    import polars as pl

    objects = [name for name, dtype in frame.schema.items() if dtype == pl.Object]
    if objects:
        # Polars would export the addresses of the objects.
        raise ValueError(f'column {objects[0]!r} holds Python objects; convert or drop it')
    reader = pa.RecordBatchReader.from_stream(frame)
    first = next(reader, None)
    if first is None:
        return (empty_batch(reader.schema),)
    if first.num_rows == frame.height:
        return (first,)
    return _of_stream(frame.rechunk() if frame.estimated_size() <= capacity else frame)


def _of_stream(stream: Any) -> Iterable[pa.RecordBatch]:
    # Opened at once, so that what is no table is told before anything is written.
    reader = pa.RecordBatchReader.from_stream(stream)
    return _read(reader)


def _read(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    batch = None
    for batch in reader:
        yield batch
    if batch is None:
        yield empty_batch(reader.schema)
