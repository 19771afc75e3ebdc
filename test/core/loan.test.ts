import test from 'ava'
import { Bool, Field, FixedSizeList, Float64, Schema, Utf8 } from 'apache-arrow'
import { ClosedError, createReader, createWriter, InvalidArgumentError, TimedOutError } from 'qadataswap'

import { closing, leavesNothing, uniqueName } from '../support/arenas.js'
import { numberBatch, numberBatchId, type NumberColumns, numberSchema } from '../support/batches.js'

const FULL_AT_4 = { sizeMb: 1, bufferCount: 4 }

function pair(onFull: 'block' | 'drop-newest' = 'block', count = 0) {
  const writer = createWriter<NumberColumns>(uniqueName(), { ...FULL_AT_4, onFull })
  const reader = createReader<NumberColumns>(writer.name)
  for (let id = 0; id < count; id++) writer.writeSync(numberBatch(id))
  return { writer, reader }
}

function fill(columns: { id: Int32Array; value: Float64Array }, id: number, rows: number): void {
  for (let i = 0; i < rows; i++) {
    columns.id[i] = id * 1000 + i
    columns.value[i] = (id * 1000 + i) / 2
  }
}

for (const rows of [0, 1, 10, 20_000]) {
  test(`a loan of ${rows} rows is filled in the ring and read without a copy at the writer`, async (t) => {
    const { writer, reader } = pair()
    closing(t, writer)
    closing(t, reader)
    const loan = await writer.loan(numberSchema, rows)
    t.is(loan.columns.id.length, rows)
    fill(loan.columns, 5, rows)
    t.true(loan.open)
    t.is(loan.commit(), 0)
    t.false(loan.open)
    const batch = reader.tryRead()!
    t.is(batch.numRows, rows)
    if (rows > 0) t.is(numberBatchId(batch), 5)
    t.is(writer.stats().bytesCopied, 0)
    t.is(writer.stats().batches, 1)
  })
}

test('fewer rows than were asked for can be committed', (t) => {
  const { writer, reader } = pair()
  closing(t, writer)
  closing(t, reader)
  for (const rows of [0, 1, 7, 99, 100]) {
    const loan = writer.loanSync(numberSchema, 100)
    fill(loan.columns, rows, 100)
    loan.commit(rows)
    const batch = reader.tryRead()!
    t.is(batch.numRows, rows)
    if (rows > 0) t.is(numberBatchId(batch), rows)
  }
  const loan = writer.loanSync(numberSchema, 10)
  for (const rows of [-1, 11, 0.5, NaN]) {
    t.throws(() => loan.commit(rows), { instanceOf: InvalidArgumentError, message: /rows .*from 0 to 10/ })
  }
  loan.commit(10)
})

test('rows are made null through the validity bits', (t) => {
  const { writer, reader } = pair()
  closing(t, writer)
  closing(t, reader)
  const loan = writer.loanSync(numberSchema, 10)
  fill(loan.columns, 0, 10)
  loan.validity.value![0]! &= ~(1 << 3)
  t.is(loan.validity.id, undefined, 'the column is not nullable')
  loan.commit()
  const value = reader.tryRead()!.getChild('value')!
  t.is(value.nullCount, 1)
  t.is(value.get(3), null)
  t.is(value.get(4), 2)
})

test('lists of fixed size and booleans can be lent', (t) => {
  const schema = new Schema<{ flag: Bool; point: FixedSizeList<Float64> }>([
    new Field('flag', new Bool(), false),
    new Field('point', new FixedSizeList(2, new Field('item', new Float64(), false)), false),
  ])
  using writer = createWriter(uniqueName(), { sizeMb: 1 })
  using reader = createReader<typeof schema extends Schema<infer T> ? T : never>(writer.name)
  const loan = writer.loanSync(schema, 3)
  loan.columns.flag[0] = 0b101
  loan.columns.point.set([1, 2, 3, 4, 5, 6])
  loan.commit()
  const batch = reader.tryRead()!
  t.deepEqual([...batch.getChild('flag')!], [true, false, true])
  t.deepEqual(
    [...batch.getChild('point')!].map((point) => [...point!]),
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  )
})

test('columns without a fixed width cannot be lent', async (t) => {
  using writer = createWriter(uniqueName(), { sizeMb: 1 })
  const schema = new Schema([new Field('text', new Utf8(), true)])
  await t.throwsAsync(writer.loan(schema, 10), {
    instanceOf: InvalidArgumentError,
    message: /text.*use write\(\)/,
  })
  for (const rows of [-1, 1.5]) {
    t.throws(() => writer.tryLoan(numberSchema, rows), { instanceOf: InvalidArgumentError })
  }
})

test('an aborted loan leaves no trace', (t) => {
  const { writer, reader } = pair()
  closing(t, writer)
  closing(t, reader)
  writer.loanSync(numberSchema, 10).abort()
  {
    using loan = writer.loanSync(numberSchema, 10)
    t.true(loan.open)
  }
  const loan = writer.loanSync(numberSchema, 10)
  loan.abort()
  loan.abort()
  t.throws(() => loan.commit(), { instanceOf: ClosedError })
  t.is(reader.tryRead(), undefined)
  t.is(writer.writeSync(numberBatch(0)), 0)
})

test('writes and the end wait for an open loan', async (t) => {
  const { writer, reader } = pair()
  closing(t, writer)
  closing(t, reader)
  const loan = writer.tryLoan(numberSchema, 10)!
  t.is(writer.tryLoan(numberSchema, 10), undefined)
  t.false(writer.tryWrite(numberBatch(1)))
  for (const call of [() => writer.writeSync(numberBatch(1)), () => writer.loanSync(numberSchema, 1)]) {
    t.throws(call, { instanceOf: InvalidArgumentError, message: /a loan is open/ })
  }
  const written = writer.write(numberBatch(1))
  const ended = writer.end()
  fill(loan.columns, 0, 10)
  loan.commit()
  t.is(await written, 1)
  await ended
  t.is(numberBatchId(reader.tryRead()!), 0)
  t.is(numberBatchId(reader.tryRead()!), 1)
  t.is(reader.tryRead(), null)
})

test('a loan waits for space, and its wait can end', async (t) => {
  const { writer, reader } = pair('block', 4)
  closing(t, writer)
  closing(t, reader)
  t.is(writer.tryLoan(numberSchema, 10), undefined)
  t.throws(() => writer.loanSync(numberSchema, 10, { timeoutMs: 5 }), { instanceOf: TimedOutError })
  await t.throwsAsync(writer.loan(numberSchema, 10, { timeoutMs: 5 }), { instanceOf: TimedOutError })
  const stop = new AbortController()
  const cancelled = t.throwsAsync(writer.loan(numberSchema, 10, { signal: stop.signal }), {
    name: 'AbortError',
  })
  stop.abort()
  await cancelled
  const lent = writer.loan(numberSchema, 10)
  t.is(numberBatchId(reader.tryRead()!), 0)
  const loan = await lent
  fill(loan.columns, 4, 10)
  t.is(loan.commit(), 4)
})

test('drop-newest: a loan that finds no room is dropped at its commit', (t) => {
  const { writer, reader } = pair('drop-newest', 4)
  closing(t, writer)
  closing(t, reader)
  const loan = writer.tryLoan(numberSchema, 10)!
  fill(loan.columns, 4, 10)
  t.is(loan.commit(), null)
  t.is(writer.stats().droppedNewest, 1)
  t.is(numberBatchId(reader.tryRead()!), 0)
  t.is(writer.writeSync(numberBatch(5)), 4)
})

test('closing the writer takes an open loan back', (t) => {
  const { writer, reader } = pair()
  closing(t, reader)
  const loan = writer.loanSync(numberSchema, 10)
  writer.close()
  t.throws(() => loan.commit(), { instanceOf: ClosedError })
  t.is(reader.tryRead(), null)
})
leavesNothing(test)
