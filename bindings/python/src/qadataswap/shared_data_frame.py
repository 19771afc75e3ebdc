"""The shortest way to share DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .reader import Reader
from .writer import Writer

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._options import ReaderArguments, WriterArguments


class SharedDataFrame:
    """DataFrames through an arena:

    >>> import polars as pl
    >>> from qadataswap import SharedDataFrame
    >>> with SharedDataFrame.create_writer('mydata', size_mb=100) as writer:
    ...     sequence = writer.write(pl.DataFrame({'price': [1.5, 2.5]}))
    ...     reader = SharedDataFrame.create_reader('mydata')
    ...     reader.read(timeout=5)['price'].sum()
    4.0
    >>> reader.close()
    """

    @staticmethod
    def create_writer(name: str, **options: Unpack[WriterArguments]) -> Writer:
        """Creates the arena `name` and its writer, with the arguments of `Writer`."""
        return Writer(name, **options)

    @staticmethod
    def create_reader(name: str, **options: Unpack[ReaderArguments]) -> Reader:
        """A reader of the arena `name`, with the arguments of `Reader`."""
        return Reader(name, **options)
