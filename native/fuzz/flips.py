#!/usr/bin/env python3
"""Reads with pyarrow every slot that ipc_flips let through, as a file and as a stream.

    flips.py FILE...        each FILE with its FILE.accepted

Each file is read in a process of its own. Exceptions are fine; a process that dies, or needs more than LIMIT_SECONDS
for one flip or LIMIT_BYTES of memory, is a finding and makes the exit code 1. Values are read only where pyarrow's own
full validation finds them sound: they are not the verifier's affair.
"""

import array
import multiprocessing
import pathlib
import resource
import signal
import sys

import pyarrow as pa
import pyarrow.ipc as ipc

LIMIT_SECONDS = 5
LIMIT_BYTES = 4 << 30
ROWS_TOUCHED = 100


def touch(batch: pa.RecordBatch) -> None:
    batch.validate()
    # Copying every buffer touches all that the metadata claims to be there.
    sink = pa.BufferOutputStream()
    if batch.num_rows <= ROWS_TOUCHED:
        with ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
    batch.validate(full=True)
    batch.slice(0, ROWS_TOUCHED).to_pylist()


def read(content: bytes) -> int:
    thrown = 0
    for source in (lambda: ipc.open_file(content), lambda: ipc.open_stream(content[8:])):
        try:
            reader = source()
            if isinstance(reader, ipc.RecordBatchFileReader):
                touch(reader.get_batch(0))
            else:
                for batch in reader:
                    touch(batch)
        except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError, NotImplementedError, TypeError):
            thrown += 1
    return thrown


def work(path: str, state) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    original = pathlib.Path(path).read_bytes()
    bits = array.array("I", pathlib.Path(f"{path}.accepted").read_bytes())
    for bit in bits:
        state[0] = bit
        signal.alarm(LIMIT_SECONDS)
        copy = bytearray(original)
        copy[bit >> 3] ^= 1 << (bit & 7)
        state[2] += read(bytes(copy))
        state[1] += 2
    signal.alarm(0)


def main() -> int:
    findings = readings = thrown = 0
    for path in sys.argv[1:]:
        state = multiprocessing.Array("q", 3)
        process = multiprocessing.Process(target=work, args=(path, state))
        process.start()
        process.join()
        readings += state[1]
        thrown += state[2]
        if process.exitcode != 0:
            findings += 1
            print(f"{path}: bit {state[0]}: the process ended with {process.exitcode}")
    print(f"{readings} readings, {thrown} exceptions, {findings} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
