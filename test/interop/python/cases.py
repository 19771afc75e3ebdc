"""The files that every language sends: `cases.py FOLDER` writes FOLDER/CASE.arrow and FOLDER/cases.txt."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa

from columns import columns


def type_case(name: str, column: pa.Array) -> list[pa.RecordBatch]:
    field = pa.field('x', column.type, metadata={'of': name})
    schema = pa.schema([field], metadata={'case': name, 'empty': '', 'ünïcödé': '✓'})
    return [pa.record_batch([part], schema=schema) for part in (column, column.slice(1), column.slice(2, 8))]


def frame_cases() -> dict[str, list[pa.RecordBatch]]:
    """What is not about one type."""
    numbers, words = pa.array(range(11)), pa.array(list('abcdefghijk'))
    not_null = pa.schema(
        [pa.field('n', pa.int64(), nullable=False), pa.field('w', pa.string(), nullable=False)]
    )
    rows = 100_000
    index = pa.array((n % 5 for n in range(rows)), pa.int32())
    large = {
        'n': pa.array(range(rows)),
        'x': pa.array((n / 7 if n % 11 else None for n in range(rows)), pa.float64()),
        'w': pa.array(f'text {n}' if n % 13 else None for n in range(rows)),
        'v': pa.array((f'view of a longer text {n}' for n in range(rows)), pa.string_view()),
        'd': pa.DictionaryArray.from_arrays(index, pa.array(['v', 'w', 'x', 'y', 'z'])),
        'l': pa.array([[n, None] if n % 3 else None for n in range(rows)], pa.list_(pa.int32())),
        'b': pa.array((n % 3 == 0 for n in range(rows)), pa.bool_()),
    }
    shared = pa.DictionaryArray.from_arrays(pa.array([0, 1] * 5 + [0], pa.int8()), pa.array(['p', 'q']))
    grown = [['a', 'b'], ['a', 'b', 'c'], ['a', 'b', 'c', 'd']]
    return {
        'no_columns': [pa.RecordBatch.from_struct_array(pa.array([{}] * 11, pa.struct([])))],
        'no_rows': [pa.record_batch({'n': numbers.slice(0, 0), 'w': words.slice(0, 0)})],
        'not_nullable': [pa.record_batch([numbers, words], schema=not_null)],
        'names_twice': [pa.RecordBatch.from_arrays([numbers, words], ['x', 'x'])],
        'names_empty': [pa.RecordBatch.from_arrays([numbers, words], ['', '"ünï\ncödé.'])],
        'many_columns': [pa.record_batch({f'c{i}': numbers if i % 2 else words for i in range(200)})],
        'shared_dictionary': [pa.record_batch({'a': shared, 'b': shared})],
        'growing_dictionary': [
            pa.record_batch(
                {'d': pa.DictionaryArray.from_arrays(pa.array([0, len(g) - 1] * 5, pa.int8()), pa.array(g))}
            )
            for g in grown
        ],
        'large': [pa.record_batch(large)] * 3,
    }


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True)
    cases = {name: type_case(name, column) for name, column in columns().items()} | frame_cases()
    options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
    for name, batches in cases.items():
        with pa.ipc.new_file(folder / f'{name}.arrow', batches[0].schema, options=options) as file:
            for batch in batches:
                file.write_batch(batch)
    (folder / 'cases.txt').write_text(''.join(f'{name}\n' for name in cases))


if __name__ == '__main__':
    main()
