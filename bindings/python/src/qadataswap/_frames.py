"""Record batches to polars DataFrames, in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from ._errors import IncompatibleError

if TYPE_CHECKING:
    import polars as pl

_MAX_REFUSED = 8


class Frames:
    """Makes the frames of one reader.

    Remembers the schemas that polars refused: it panics for some types, and tells each panic on standard
    error.
    """

    def __init__(self, arena: str) -> None:
        self._arena = arena
        self._refused: list[tuple[pa.Schema, str]] = []

    def of(self, batch: pa.RecordBatch, sequence: int) -> pl.DataFrame:
        """In place: the frame's columns keep the batch's memory.

        :raises IncompatibleError: polars has no frame for this batch
        """
        for schema, why in self._refused:
            if schema.equals(batch.schema):
                raise self._error(sequence, why)
        import polars as pl
        from polars.exceptions import PanicException

        try:
            return pl.DataFrame(batch)
        # A panic is no Exception.
        except (Exception, PanicException) as error:
            why = _why(batch, error)
            self._refused.insert(0, (batch.schema, why))
            del self._refused[_MAX_REFUSED:]
            raise self._error(sequence, why) from error

    def _error(self, sequence: int, why: str) -> IncompatibleError:
        return IncompatibleError(
            f'arena "{self._arena}": batch {sequence} cannot be a polars DataFrame: {why}; read_arrow() '
            'gives it as a pyarrow RecordBatch, the next read() goes on behind it'
        )


def _why(batch: pa.RecordBatch, error: BaseException) -> str:
    """Which column it is, and the words of polars."""
    import polars as pl
    from polars.exceptions import PanicException

    for index, field in enumerate(batch.schema):
        try:
            pl.DataFrame(batch.select([index]))
        except (Exception, PanicException) as of_column:
            return f'column {field.name!r} of type {field.type}: {of_column}'
    return str(error)
