"""What runs in a process of its own, to be read by a test."""

from __future__ import annotations

import qadataswap
from qadataswap import Writer

from ..support.batches import number_batch
from ..support.child import report, told


def produce_all(name: str, count: int, rows: int, **options: object) -> None:
    with Writer(name, **options) as writer:  # type: ignore[arg-type]
        for number in range(count):
            writer.write(number_batch(number, rows))


def produce_and_stay(name: str, count: int, rows: int) -> None:
    """Writes, reports, and lives until it is told how to end."""
    writer = Writer(name, size_mb=1)
    for number in range(count):
        writer.write(number_batch(number, rows))
    report('written')
    writer.abort(told())


def produce_until_full(name: str, count: int, rows: int, **options: object) -> None:
    """Reports how many batches the ring takes before it is full, and writes the rest as it can."""
    with Writer(name, **options) as writer:  # type: ignore[arg-type]
        number = 0
        while number < count and writer.try_write(number_batch(number, rows)):
            number += 1
        report(number)
        for rest in range(number, count):
            writer.write(number_batch(rest, rows))


def produce_on_demand(name: str, rows: int) -> None:
    with Writer(name, size_mb=1) as writer:
        report('open')
        while (number := told()) is not None:
            writer.write(number_batch(number, rows))


def count_all(name: str) -> None:
    """Reads to the end; reports how many came and how it ended."""
    from ..support.batches import number_of

    count = 0
    with qadataswap.Reader(name, wait_ms=60_000) as reader:
        report('ready')
        try:
            for batch in reader.batches():
                assert number_of(batch) == count
                count += 1
        except qadataswap.QadsError as error:
            report([count, f'{error.code}: {error}'])
        else:
            report([count, 'ended'])
