import { unlinkSync, writeFileSync } from 'node:fs'
import { inspect } from 'node:util'

import test from 'ava'
import { Int32 } from 'apache-arrow'
import {
  BatchTooLargeError,
  createReader,
  createWriter,
  inspectArena,
  InvalidArgumentError,
  listArenas,
  NameInvalidError,
  NoSpaceError,
  NotFoundError,
  type ReaderOptions,
  SharedMemoryArena,
  TooManyReadersError,
  unlinkArena,
  WriterExistsError,
  type WriterOptions,
} from 'qadataswap'

import { closing, leavesNothing, uniqueName } from '../support/arenas.js'
import { numberBatch, numberSchema, textBatch } from '../support/batches.js'

for (const name of ['', '.', '..', '...', 'a/b', '/a', '../a', 'a b', 'ä', 'a\0b', 'a\n', 'x'.repeat(300)]) {
  test(`${JSON.stringify(name.slice(0, 12))} (${name.length} characters) is not a name`, (t) => {
    for (const use of [createWriter, createReader, inspectArena, unlinkArena]) {
      const error = t.throws(() => use(name), { instanceOf: NameInvalidError, code: 'ERR_QADS_NAME_INVALID' })
      t.regex(error.message, /A-Z a-z 0-9 \. _ -/)
    }
  })
}

test('a refused name is shown with its wrong character, and a zero byte does not end it', (t) => {
  const name = uniqueName()
  closing(t, createWriter(name, { sizeMb: 0.1 }))
  const shown: [string, RegExp][] = [
    [`${name}\0x`, /its character \d+ is \\u\{0\}/],
    ['dätä', /^"d\\u\{e4\}t\\u\{e4\}" is not a name for an arena: its character 2 is \\u\{e4\};/],
    ['half \ud800', /its character 5 is a space/],
    ['half\ud800', /its character 5 is \\u\{fffd\}/],
  ]
  for (const [wrong, message] of shown) {
    t.throws(() => unlinkArena(wrong), { instanceOf: NameInvalidError, message })
  }
  t.true(listArenas().includes(name))
})

test('files whose names no call takes are not listed', (t) => {
  const name = uniqueName()
  closing(t, createWriter(name, { sizeMb: 0.1 }))
  const odd = ['\xff', ' ', '\xc3\xa9'].map((ending) =>
    Buffer.from(`/dev/shm/qads-arena.${name}${ending}`, 'latin1'),
  )
  for (const path of odd) writeFileSync(path, '')
  const listed = listArenas().filter((other) => other.startsWith(name))
  for (const path of odd) unlinkSync(path)
  t.deepEqual(listed, [name])
})

for (const mode of [0o640, 0o604, 0o620]) {
  test(`mode 0${mode.toString(8)}, with one of reading and writing, is refused with why`, (t) => {
    t.throws(() => createWriter(uniqueName(), { mode }), {
      instanceOf: InvalidArgumentError,
      message: /locks/,
    })
  })
}

test('a reason with a zero byte arrives whole', async (t) => {
  const name = uniqueName()
  const writer = closing(t, createWriter(name, { sizeMb: 0.1 }))
  const reader = closing(t, createReader(name))
  writer.abort('disk\0full')
  await t.throwsAsync(reader.read(), { message: /disk\ufffdfull/ })
})

for (const name of [undefined, null, 5, {}, ['a']]) {
  test(`${JSON.stringify(name)} is not a name`, (t) => {
    const wrong = name as string
    for (const use of [createWriter, createReader, inspectArena, unlinkArena]) {
      t.throws(() => use(wrong), { instanceOf: NameInvalidError })
    }
    t.throws(() => new SharedMemoryArena(wrong), { instanceOf: NameInvalidError })
  })
}

const wrongWriterOptions: [keyof WriterOptions, unknown][] = [
  ...[0, -1, NaN, Infinity, '64', null, 2 ** 21].map((value): [keyof WriterOptions, unknown] => [
    'sizeMb',
    value,
  ]),
  ...[0, 1, 2.5, 2 ** 20 + 1, '8'].map((value): [keyof WriterOptions, unknown] => ['bufferCount', value]),
  ...[0, 513, 1.5].map((value): [keyof WriterOptions, unknown] => ['maxReaders', value]),
  ...['drop', 0, null].map((value): [keyof WriterOptions, unknown] => ['onFull', value]),
  ...[-1, 0o1000, '0600'].map((value): [keyof WriterOptions, unknown] => ['mode', value]),
  ...[-1, 1e7, 0.5].map((value): [keyof WriterOptions, unknown] => ['spinMicros', value]),
  ['oneSchema', 1],
  ['schema', { a: new Int32() }],
]
for (const [option, value] of wrongWriterOptions) {
  test(`a writer's ${option} cannot be ${inspect(value)}`, (t) => {
    const error = t.throws(() => createWriter(uniqueName(), { [option]: value }), {
      instanceOf: InvalidArgumentError,
      code: 'ERR_QADS_INVALID_ARGUMENT',
    })
    t.regex(error.message, new RegExp(`^options\\.${option} must be .*, got `))
  })
}

const wrongReaderOptions: [keyof ReaderOptions, unknown][] = [
  ...[-1, 1.5, 'newest', null].map((value): [keyof ReaderOptions, unknown] => ['from', value]),
  ...[-1, NaN, '5'].map((value): [keyof ReaderOptions, unknown] => ['waitMs', value]),
  ['spinMicros', -1],
  ['lease', 'forever'],
  ['onLoss', 'log'],
]
for (const [option, value] of wrongReaderOptions) {
  test(`a reader's ${option} cannot be ${inspect(value)}`, (t) => {
    const error = t.throws(() => createReader(uniqueName(), { [option]: value }), {
      instanceOf: InvalidArgumentError,
    })
    t.regex(error.message, new RegExp(`^options\\.${option} must be .*, got `))
  })
}

test('waits take a time-out and a signal, and nothing else under these names', async (t) => {
  using writer = createWriter(uniqueName(), { sizeMb: 1 })
  using reader = createReader(writer.name)
  for (const timeoutMs of [-1, NaN, '5', null]) {
    const limits = { timeoutMs: timeoutMs as number }
    await t.throwsAsync(reader.read(limits), { instanceOf: InvalidArgumentError, message: /timeoutMs/ })
    await t.throwsAsync(writer.write(numberBatch(0), limits), { instanceOf: InvalidArgumentError })
    t.throws(() => reader.readSync(limits), { instanceOf: InvalidArgumentError })
    t.throws(() => writer.writeSync(numberBatch(0), limits), { instanceOf: InvalidArgumentError })
  }
  for (const signal of ['stop', {}, null]) {
    const limits = { signal: signal as unknown as AbortSignal }
    await t.throwsAsync(reader.read(limits), { instanceOf: InvalidArgumentError, message: /signal/ })
  }
  t.is(writer.stats().batches, 0)
})

test('a writer takes batches, tables and DataFrames, and says what it got instead', async (t) => {
  using writer = createWriter(uniqueName(), { sizeMb: 1 })
  for (const wrong of [
    undefined,
    null,
    5,
    'rows',
    [],
    [numberBatch(0)],
    {},
    new Uint8Array(8),
    numberSchema,
  ]) {
    await t.throwsAsync(writer.write(wrong as never), { instanceOf: InvalidArgumentError, message: /, got / })
    t.throws(() => writer.tryWrite(wrong as never), { instanceOf: InvalidArgumentError })
    t.throws(() => writer.writeSync(wrong as never), { instanceOf: InvalidArgumentError })
  }
  t.is(writer.stats().batches, 0)
})

test('an arena larger than shared memory is refused with what is needed and what is free', (t) => {
  const error = t.throws(() => createWriter(uniqueName(), { sizeMb: 2 ** 20 }), { instanceOf: NoSpaceError })
  t.regex(error.message, /needs 1048576\.\d MiB .* MiB are free in \/dev\/shm/)
})

test('an arena has one writer', (t) => {
  using writer = createWriter(uniqueName(), { sizeMb: 1 })
  const error = t.throws(() => createWriter(writer.name), { instanceOf: WriterExistsError })
  t.true(error.message.includes(writer.name))
  t.true(writer.tryWrite(numberBatch(0)))
})

test('one reader more than maxReaders is refused, until another leaves', (t) => {
  using writer = createWriter(uniqueName(), { sizeMb: 1, maxReaders: 3 })
  const readers = [0, 1, 2].map(() => closing(t, createReader(writer.name)))
  const error = t.throws(() => createReader(writer.name), { instanceOf: TooManyReadersError })
  t.regex(error.message, /3/)
  readers[1]!.close()
  closing(t, createReader(writer.name))
})

test('an arena that does not exist is named', (t) => {
  const name = uniqueName()
  for (const use of [createReader, inspectArena]) {
    const error = t.throws(() => use(name), { instanceOf: NotFoundError, code: 'ERR_QADS_NOT_FOUND' })
    t.true(error.message.includes(name))
  }
  t.false(unlinkArena(name))
})

test('a row that is larger than the ring is refused with both sizes', async (t) => {
  using writer = createWriter(uniqueName(), { sizeMb: 1 })
  const row = textBatch(['x'.repeat(2 ** 21)])
  const error = await t.throwsAsync(writer.write(row), { instanceOf: BatchTooLargeError })
  t.regex(error.message, /209\d{4}.*1048576/)
  t.is(writer.stats().batches, 0)
  await writer.write(numberBatch(0))
})
leavesNothing(test)
