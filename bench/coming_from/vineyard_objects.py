"""Vineyard: an object for each batch, its number through a queue, deleted by who has looked at it."""

import os
from multiprocessing import get_context

import vineyard

from job import look_at, run


def produce(batches, socket, numbers):
    client = vineyard.connect(socket)
    for batch in batches:
        numbers.put(int(client.put(batch)))


def consume(count, socket, numbers):
    client = vineyard.connect(socket)
    total = 0
    for _ in range(count):
        number = vineyard.ObjectID(numbers.get())
        batch = client.get(number)
        total += look_at(batch)
        del batch
        client.delete(number, deep=True)
    return total


if __name__ == '__main__':
    run(produce, consume, os.environ['VINEYARD_SOCKET'], get_context('spawn').Queue(16))
