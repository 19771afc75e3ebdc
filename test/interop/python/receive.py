"""Keeps what comes through the arenas of `send`, one file a batch: `receive.py PREFIX FOLDER TARGET`."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa

from qadataswap import QadsError, Reader

prefix, folder, target = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
for case in (folder / 'cases.txt').read_text().splitlines():
    with Reader(f'{prefix}.{case}', wait_ms=60_000) as reader:
        try:
            for number, batch in enumerate(reader.batches()):
                with pa.ipc.new_file(target / f'{case}.{number}.arrow', batch.schema) as file:
                    file.write_batch(batch)
            print(case, 'ok', '', sep='\t')
        except QadsError as error:
            print(case, error.code, ' '.join(str(error).split()), sep='\t')
