"""The ways to read and to write an arena, behind one face."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeAlias

import polars as pl
import pyarrow as pa

import qadataswap
from qadataswap import aio

Batch: TypeAlias = pa.RecordBatch | pl.DataFrame
Each = Callable[[Batch, Any], object]
"""Called with each batch and the reader; 'stop' ends the consumption."""


class Consumer(Protocol):
    def __call__(self, name: str, each: Each, **options: Any) -> None: ...


def read(name: str, each: Each, **options: Any) -> None:
    with qadataswap.Reader(name, **options) as reader:
        while (frame := reader.read()) is not None:
            if each(frame, reader) == 'stop':
                break


def read_arrow(name: str, each: Each, **options: Any) -> None:
    with qadataswap.Reader(name, **options) as reader:
        while (batch := reader.read_arrow()) is not None:
            if each(batch, reader) == 'stop':
                break


def iterate(name: str, each: Each, **options: Any) -> None:
    with qadataswap.SharedDataFrame.create_reader(name, **options) as reader:
        for frame in reader:
            if each(frame, reader) == 'stop':
                break


def iterate_async(name: str, each: Each, **options: Any) -> None:
    async def main() -> None:
        async with aio.SharedDataFrame.create_reader(name, **options) as reader:
            async for frame in reader:
                if each(frame, reader) == 'stop':
                    break

    asyncio.run(main())


def iterate_batches_async(name: str, each: Each, **options: Any) -> None:
    async def main() -> None:
        async with aio.Reader(name, **options) as reader:
            async for batch in reader.batches():
                if each(batch, reader) == 'stop':
                    break

    asyncio.run(main())


CONSUMERS: list[Consumer] = [read, read_arrow, iterate, iterate_async, iterate_batches_async]


class Producer(Protocol):
    def __call__(self, name: str, source: Iterable[Batch], **options: Any) -> None: ...


def write(name: str, source: Iterable[Batch], **options: Any) -> None:
    with qadataswap.SharedDataFrame.create_writer(name, **options) as writer:
        for batch in source:
            writer.write(batch)


def write_frames(name: str, source: Iterable[Batch], **options: Any) -> None:
    with qadataswap.Writer(name, **options) as writer:
        for batch in source:
            writer.write(pl.DataFrame(batch))


def write_async(name: str, source: Iterable[Batch], **options: Any) -> None:
    async def main() -> None:
        async with aio.SharedDataFrame.create_writer(name, **options) as writer:
            for batch in source:
                await writer.write(batch)

    asyncio.run(main())


PRODUCERS: list[Producer] = [write, write_frames, write_async]
