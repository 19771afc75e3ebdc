"""Record batches through multiprocessing.shared_memory, as one would write it with pyarrow.

Reads lines `ROWS COUNT` and answers each with the milliseconds until another process has looked at COUNT batches. The
segment has a few places for batches; the names of free and full ones go through two queues.
"""

import sys
import time
from multiprocessing import get_context, shared_memory

import numpy as np
import pyarrow as pa

PLACES = 4
PLACE_BYTES = 16 << 20
COLUMNS = 6


def consume(name, full, free, done):
    segment = shared_memory.SharedMemory(name)
    try:
        while (message := full.get()) is not None:
            place, length, last = message
            view = memoryview(segment.buf)[place * PLACE_BYTES : place * PLACE_BYTES + length]
            batch = pa.ipc.open_stream(pa.py_buffer(view)).read_next_batch()
            total = sum(column[0].as_py() + column[-1].as_py() for column in batch.columns)
            if total < 0:
                raise ValueError(total)
            del batch, view
            free.put(place)
            if last:
                done.put(None)
    finally:
        segment.close()


def main():
    context = get_context("spawn")
    full, free, done = (context.SimpleQueue() for _ in range(3))
    segment = shared_memory.SharedMemory(create=True, size=PLACES * PLACE_BYTES)
    consumer = context.Process(target=consume, args=(segment.name, full, free, done))
    consumer.start()
    for place in range(PLACES):
        free.put(place)
    try:
        for line in sys.stdin:
            rows, count = map(int, line.split())
            values = np.arange(rows * COLUMNS, dtype=np.float64)
            columns = [pa.array(values[column::COLUMNS]) for column in range(COLUMNS)]
            batch = pa.record_batch(columns, names=[f"c{i}" for i in range(COLUMNS)])
            start = time.perf_counter()
            for number in range(count):
                place = free.get()
                target = pa.py_buffer(segment.buf[place * PLACE_BYTES : (place + 1) * PLACE_BYTES])
                sink = pa.FixedSizeBufferWriter(target)
                with pa.ipc.new_stream(sink, batch.schema) as stream:
                    stream.write_batch(batch)
                length = sink.tell()
                del stream, sink, target
                full.put((place, length, number == count - 1))
            done.get()
            print((time.perf_counter() - start) * 1000, flush=True)
    finally:
        full.put(None)
        consumer.join()
        segment.close()
        segment.unlink()


if __name__ == "__main__":
    main()
