"""Passes the DataFrames of one arena on to another: `relay.py FROM TO`."""

from __future__ import annotations

import sys

from qadataswap import SharedDataFrame

source, target = sys.argv[1:]
with (
    SharedDataFrame.create_writer(target, size_mb=32) as writer,
    SharedDataFrame.create_reader(source, wait_ms=60_000) as reader,
):
    for frame in reader:
        writer.write(frame)
