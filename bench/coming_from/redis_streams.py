"""Redis Streams: XADD on one side, XREAD on the other, each entry an Arrow stream."""

import os

import pyarrow as pa
import redis

from job import look_at, run

KEEP = 64


def produce(batches, url):
    client = redis.Redis.from_url(url)
    for batch in batches:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as stream:
            stream.write_batch(batch)
        while client.xlen('coming-from') >= KEEP:  # Redis itself holds nobody back
            pass
        client.xadd('coming-from', {'batch': sink.getvalue().to_pybytes()})


def consume(count, url):
    client = redis.Redis.from_url(url)
    last, total, seen = '0', 0, 0
    while seen < count:
        for _, entries in client.xread({'coming-from': last}, count=KEEP, block=5000):
            for last, fields in entries:
                total += look_at(pa.ipc.open_stream(fields[b'batch']).read_next_batch())
                client.xdel('coming-from', last)
                seen += 1
    return total


if __name__ == '__main__':
    run(produce, consume, os.environ['REDIS_URL'])
