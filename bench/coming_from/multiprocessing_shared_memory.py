"""multiprocessing.shared_memory: places of fixed size, and queues of the free and the full ones."""

from multiprocessing import get_context, shared_memory

import pyarrow as pa

from job import look_at, run

PLACES = 4
PLACE_BYTES = 16 << 20


def produce(batches, name, free, full):
    segment = shared_memory.SharedMemory(name)
    for place in range(PLACES):
        free.put(place)
    for batch in batches:
        place = free.get()
        target = pa.py_buffer(segment.buf[place * PLACE_BYTES : (place + 1) * PLACE_BYTES])
        sink = pa.FixedSizeBufferWriter(target)
        with pa.ipc.new_stream(sink, batch.schema) as stream:
            stream.write_batch(batch)
        full.put((place, sink.tell()))
        del stream, sink, target
    segment.close()


def consume(count, name, free, full):
    segment = shared_memory.SharedMemory(name)
    total = 0
    for _ in range(count):
        place, length = full.get()
        view = segment.buf[place * PLACE_BYTES : place * PLACE_BYTES + length]
        batch = pa.ipc.open_stream(pa.py_buffer(view)).read_next_batch()
        total += look_at(batch)
        del batch, view  # or the next one is written under it
        free.put(place)
    segment.close()
    return total


if __name__ == '__main__':
    context = get_context('spawn')
    memory = shared_memory.SharedMemory(create=True, size=PLACES * PLACE_BYTES)
    run(produce, consume, memory.name, context.SimpleQueue(), context.SimpleQueue())
    memory.close()
    memory.unlink()
