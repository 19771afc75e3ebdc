"""iceoryx2: publish and subscribe of bytes, each sample an Arrow stream in a loaned slice."""

import ctypes
import os
import time

import iceoryx2 as iox2
import pyarrow as pa

from job import look_at, run


def open_service(name):
    iox2.set_log_level(iox2.LogLevel.Error)
    node = iox2.NodeBuilder.new().create(iox2.ServiceType.Ipc)
    service = (
        node.service_builder(iox2.ServiceName.new(name))
        .publish_subscribe(iox2.Slice[ctypes.c_uint8])
        .enable_safe_overflow(False)
        .subscriber_max_buffer_size(16)
        .open_or_create()
    )
    return node, service


def produce(batches, name):
    _node, service = open_service(name)
    publisher = service.publisher_builder().initial_max_slice_len(16 << 20).create()
    while service.dynamic_config.number_of_subscribers == 0:
        time.sleep(0.001)
    for batch in batches:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as stream:
            stream.write_batch(batch)
        bytes_ = sink.getvalue()
        sample = publisher.loan_slice_uninit(bytes_.size)
        ctypes.memmove(sample.payload_ptr, bytes_.address, bytes_.size)
        while sample.assume_init().send() == 0:
            raise RuntimeError('nobody took the sample')
    while service.dynamic_config.number_of_subscribers > 0:  # or its samples go with it
        time.sleep(0.001)


def consume(count, name):
    _node, service = open_service(name)
    subscriber = service.subscriber_builder().create()
    total = 0
    for _ in range(count):
        while (sample := subscriber.receive()) is None:
            pass
        view = (ctypes.c_uint8 * sample.payload().len()).from_address(sample.payload_ptr)
        total += look_at(pa.ipc.open_stream(pa.py_buffer(memoryview(view))).read_next_batch())
        del view, sample
    return total


if __name__ == '__main__':
    run(produce, consume, f'coming-from-{os.getpid()}')
