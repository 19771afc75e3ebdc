"""QADataSwap."""

from job import look_at, run
from qadataswap import SharedMemoryArena


def produce(batches):
    with SharedMemoryArena('coming-from').create_writer(size_mb=64) as writer:
        for batch in batches:
            writer.write(batch)  # waits when the ring is full
        writer.finish()


def consume(count):
    reader = SharedMemoryArena('coming-from').create_reader(wait_ms=5000)
    return sum(look_at(batch) for batch in reader.batches())


if __name__ == '__main__':
    run(produce, consume)
