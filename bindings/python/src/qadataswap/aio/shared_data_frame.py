"""The shortest way to share DataFrames, for asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .reader import Reader
from .writer import Writer

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._options import ReaderArguments, WriterArguments


class SharedDataFrame:
    """DataFrames through an arena, for asyncio: `await writer.write(df)`, `async for df in reader`."""

    @staticmethod
    def create_writer(name: str, **options: Unpack[WriterArguments]) -> Writer:
        """Creates the arena `name` and its writer, with the arguments of `qadataswap.Writer`."""
        return Writer(name, **options)

    @staticmethod
    def create_reader(name: str, **options: Unpack[ReaderArguments]) -> Reader:
        """A reader of the arena `name`, with the arguments of `qadataswap.Reader`."""
        return Reader(name, **options)
