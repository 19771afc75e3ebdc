"""zeromq: PUSH and PULL over ipc, each message an Arrow stream."""

import os

import pyarrow as pa
import zmq

from job import look_at, run


def produce(batches, address):
    socket = zmq.Context.instance().socket(zmq.PUSH)
    socket.bind(address)
    for batch in batches:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as stream:
            stream.write_batch(batch)
        socket.send(sink.getvalue(), copy=False)  # waits at the high-water mark
    socket.close()


def consume(count, address):
    socket = zmq.Context.instance().socket(zmq.PULL)
    socket.connect(address)
    total = 0
    for _ in range(count):
        message = socket.recv(copy=False)
        total += look_at(pa.ipc.open_stream(pa.py_buffer(message.buffer)).read_next_batch())
    socket.close()
    return total


if __name__ == '__main__':
    run(produce, consume, f'ipc:///tmp/coming-from-{os.getpid()}')
