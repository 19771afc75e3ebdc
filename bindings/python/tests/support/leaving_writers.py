"""Processes in which a writer of one batch goes in some way."""

from __future__ import annotations

from qadataswap import Reader, Writer

from .batches import number_batch


def _written(name: str, **options: object) -> Writer:
    writer = Writer(name, size_mb=1, **options)  # type: ignore[arg-type]
    writer.write(number_batch(0))
    return writer


def forgotten(name: str) -> None:
    _written(name)


def left_at_exit(name: str) -> None:
    globals()['kept'] = _written(name)


def closed(name: str) -> None:
    _written(name).close()


def finished(name: str) -> None:
    _written(name).finish(wait_for_reader=False)


def aborted(name: str) -> None:
    _written(name).abort('enough')


def was_read(name: str) -> None:
    writer = _written(name)
    with Reader(name) as reader:
        writer.close()
        reader.read()


def losing(name: str) -> None:
    _written(name, on_full='drop-oldest').close()
