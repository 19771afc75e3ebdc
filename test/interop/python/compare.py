"""Compares what was received with what was sent: `compare.py FOLDER TARGET...`, a line of JSON for each.

The line is an object of the cases that differ, each with what differs. A case without files is not compared.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa


def batches(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.ipc.open_file(path) as file:
        for index in range(file.num_record_batches):
            yield file.get_batch(index)


def sent(path: Path) -> Iterator[pa.RecordBatch]:
    for batch in batches(path):
        yield batch
        if batch.num_rows >= 8:
            yield batch.slice(3, 5)
        yield batch.slice(0, 0)


def difference(got: pa.RecordBatch, expected: pa.RecordBatch) -> str | None:
    got.validate(full=True)
    if not got.schema.equals(expected.schema, check_metadata=True):
        return f'schema {got.schema.to_string(show_field_metadata=True)!r}, not {expected.schema!r}'
    if got.num_rows != expected.num_rows:
        return f'{got.num_rows} rows, not {expected.num_rows}'
    if got.equals(expected, check_metadata=True):
        return None
    # A NaN equals none, and a dictionary may come with other indices of the same values.
    for index, (left, right) in enumerate(zip(got.columns, expected.columns, strict=True)):
        if repr(left.to_pylist()) != repr(right.to_pylist()):
            return f'column {index}: {left.to_pylist()!r:.300}, not {right.to_pylist()!r:.300}'
    return None


def differences(expected: list[pa.RecordBatch], target: Path, case: str) -> str | None:
    count = len(list(target.glob(f'{case}.*.arrow')))
    if count != len(expected):
        return f'{count} batches, not {len(expected)}'
    for number, batch in enumerate(expected):
        try:
            (got,) = batches(target / f'{case}.{number}.arrow')
            found = difference(got, batch)
        except (ValueError, pa.ArrowException) as error:
            found = f'it cannot be read: {error}'
        if found is not None:
            return f'batch {number}: {found}'
    return None


def main() -> None:
    folder = Path(sys.argv[1])
    targets = [Path(target) for target in sys.argv[2:]]
    found: list[dict[str, str]] = [{} for _ in targets]
    for case in (folder / 'cases.txt').read_text().splitlines():
        expected = list(sent(folder / f'{case}.arrow'))
        for target, result in zip(targets, found, strict=True):
            if (
                any(target.glob(f'{case}.*.arrow'))
                and (what := differences(expected, target, case)) is not None
            ):
                result[case] = what
    for result in found:
        print(json.dumps(result))


if __name__ == '__main__':
    main()
