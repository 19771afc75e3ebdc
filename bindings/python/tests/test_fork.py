"""Batches of the parent in forked children, as multiprocessing makes them."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import polars as pl
import pyarrow as pa
import pytest

from qadataswap import ForkedError, Reader, Writer

from .support.arenas import unique_name
from .support.batches import LARGE_ROWS, number_batch, number_of
from .support.child import Child, report

kept: list[pa.RecordBatch | pl.DataFrame] = []
readers: list[Reader] = []


def number_at(index: int) -> int:
    return number_of(kept[index])


def code_of_reader(_: int) -> str:
    try:
        readers[0].read(timeout=0)
    except ForkedError as error:
        return error.code
    return 'no error'


def fork_pools(name: str, closed: bool) -> None:
    fork = multiprocessing.get_context('fork')
    with Writer(name, size_mb=2) as writer, Reader(name) as reader:
        readers.append(reader)
        for number in range(4):
            writer.write(number_batch(number, LARGE_ROWS))
        kept.extend(batch for _ in range(2) if (batch := reader.read_arrow()) is not None)
        kept.extend(frame for _ in range(2) if (frame := reader.read()) is not None)
        assert reader.stats().bytes_copied == 0
        if closed:
            writer.end()
            reader.close()
            writer.close()
        with fork.Pool(2) as pool:
            report(pool.map(number_at, range(4)))
            if not closed:
                report(pool.map(code_of_reader, range(2)))
                # The ring goes round, and the children's copies stay.
                numbers = [number_of(kept.pop(0)), number_of(kept.pop(0))]
                for number in range(4, 100):
                    writer.write(number_batch(number, LARGE_ROWS))
                    numbers.append(number_of(reader.read_arrow()))
                assert numbers == [0, 1, *range(4, 100)]
                report(pool.map(number_at, range(4)))
        # Those who are forked later have what is held then.
        with ProcessPoolExecutor(2, mp_context=fork) as executor:
            report(list(executor.map(number_at, range(len(kept)))))


@pytest.mark.parametrize('closed', [False, True], ids=['open', 'after all has closed'])
def test_a_forked_pool_reads_its_own_copy_of_batches_of_the_parent(closed: bool) -> None:
    with Child('test_fork', 'fork_pools', name=unique_name(), closed=closed) as child:
        assert child.report() == [0, 1, 2, 3]
        if not closed:
            assert child.report() == ['ERR_QADS_FORKED'] * 2
            assert child.report() == [0, 1, 2, 3]
        assert child.report() == ([0, 1, 2, 3] if closed else [2, 3])
        assert child.finished() == ''
