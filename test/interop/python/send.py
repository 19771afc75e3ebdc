"""Sends every file of a folder through an arena of its own: `send.py FOLDER PREFIX`."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa

from qadataswap import Writer


def send(path: Path, writer: Writer) -> None:
    with pa.ipc.open_file(path) as file:
        for index in range(file.num_record_batches):
            batch = file.get_batch(index)
            writer.write(batch)
            if batch.num_rows >= 8:
                writer.write(batch.slice(3, 5))
            writer.write(batch.slice(0, 0))


folder, prefix = Path(sys.argv[1]), sys.argv[2]
for case in (folder / 'cases.txt').read_text().splitlines():
    path = folder / f'{case}.arrow'
    writer = Writer(f'{prefix}.{case}', size_mb=32 if path.stat().st_size > 2**20 else 1)
    writer.drained(need_reader=True)
    try:
        send(path, writer)
        writer.finish()
        print(case, 'ok', '', sep='\t')
    except Exception as error:
        print(case, getattr(error, 'code', 'arrow'), ' '.join(str(error).split()), sep='\t')
        writer.abort(error)
