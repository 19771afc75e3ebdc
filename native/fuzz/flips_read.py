#!/usr/bin/env python3
"""Reads with the Python package, through an arena, slots of which one bit is flipped.

    flips_read.py [--verify metadata|values] [--every N] [--arrow] LIBRARY FILE...

LIBRARY is libqadataswap.so, which puts any bytes into a ring. All bits of each file are flipped (or each Nth), of the
bodies as well as of the metadata. Every slot is read as a polars DataFrame, or with --arrow as a pyarrow batch, and all
its values are looked at. Errors of the package are fine, and so is what polars or pyarrow say of a type that they
lack. A process that dies or needs more than LIMIT_SECONDS for one slot is a finding and makes the exit code 1; the
next process goes on behind that bit.
"""

from __future__ import annotations

import argparse
import collections
import ctypes
import multiprocessing
import os
import pathlib
import resource
import signal
import sys

LIMIT_SECONDS = 10
LIMIT_BYTES = 4 << 30


class Claim(ctypes.Structure):
    _fields_ = (('data', ctypes.c_void_p), ('length', ctypes.c_uint64))


class RawWriter:
    """The C ABI's writer."""

    def __init__(self, library: str, name: str) -> None:
        self._calls = ctypes.CDLL(library)
        self._handle = ctypes.c_void_p()
        self._check(self._calls.qads_writer_create(name.encode(), None, ctypes.byref(self._handle)))

    def write(self, slot: bytes) -> None:
        claim = Claim()
        timeout = ctypes.c_int64(-1)
        length = ctypes.c_uint64(len(slot))
        self._check(self._calls.qads_writer_claim(self._handle, length, timeout, ctypes.byref(claim)))
        ctypes.memmove(claim.data, slot, len(slot))
        self._check(self._calls.qads_writer_commit(self._handle, length, ctypes.c_uint64(0), None))

    def close(self) -> None:
        self._calls.qads_writer_free(self._handle)

    def _check(self, code: int) -> None:
        if code != 0:
            self._calls.qads_last_error.restype = ctypes.c_char_p
            raise RuntimeError(self._calls.qads_last_error().decode())


def touch(batch) -> None:
    import polars as pl

    if isinstance(batch, pl.DataFrame):
        batch.to_dicts()
        batch.hash_rows()
    else:
        batch.to_pylist()


def work(path: str, arguments: argparse.Namespace, state) -> None:
    import qadataswap

    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What polars' panics print.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    original = pathlib.Path(path).read_bytes()
    name = f'flips.{os.getpid()}'
    writer = RawWriter(arguments.library, name)
    reader = qadataswap.Reader(name, verify=arguments.verify)
    read = reader.read_arrow if arguments.arrow else reader.read
    others = collections.Counter()
    for bit in range(state[0], 8 * len(original), arguments.every):
        state[0] = bit
        signal.alarm(LIMIT_SECONDS)
        copy = bytearray(original)
        copy[bit >> 3] ^= 1 << (bit & 7)
        writer.write(bytes(copy))
        try:
            touch(read(timeout=0))
        except qadataswap.QadsError:
            state[1] += 1
        except BaseException as error:  # polars' panics too
            others[f'{type(error).__name__}: {str(error)[:60]}'] += 1
        state[2] += 1
    signal.alarm(0)
    reader.close()
    writer.close()
    for what, count in others.most_common(5):
        print(f'  {pathlib.Path(path).name}: {count} x {what}', flush=True)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument('--verify', choices=['metadata', 'values'], default='values')
    parser.add_argument('--every', type=int, default=1)
    parser.add_argument('--arrow', action='store_true')
    parser.add_argument('library')
    parser.add_argument('files', nargs='+')
    arguments = parser.parse_args()
    readings = refused = died = hung = 0
    for path in arguments.files:
        state = multiprocessing.Array('q', 3)
        while True:
            process = multiprocessing.get_context('fork').Process(target=work, args=(path, arguments, state))
            process.start()
            process.join()
            if process.exitcode == 0:
                break
            hung += process.exitcode == -signal.SIGALRM
            died += process.exitcode != -signal.SIGALRM
            print(f'{path}: bit {state[0]}: the process ended with {process.exitcode}', flush=True)
            state[0] += arguments.every
        readings += state[2]
        refused += state[1]
    print(f'{readings} readings, {refused} refused, {died} deaths, {hung} hangs')
    return 1 if died or hung else 0


if __name__ == '__main__':
    sys.exit(main())
