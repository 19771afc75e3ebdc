import {
  type Data,
  Field,
  makeData,
  RecordBatch,
  RecordBatchReader,
  RecordBatchStreamWriter,
  Schema,
  Struct,
} from 'apache-arrow'
import fc from 'fast-check'
import { inspect } from 'node:util'
import { rowsOf } from './cells.js'
import { ALL_KINDS, type ColumnKind } from './columns.js'

/** A batch of given columns, named c0, c1, …, made with apache-arrow alone. */
export function batchOf(columns: readonly Data[], rows = columns[0]?.length ?? 0): RecordBatch {
  const fields = columns.map((column, i) => new Field(`c${i}`, column.type, true))
  return new RecordBatch(
    new Schema(fields),
    makeData({ type: new Struct(fields), length: rows, children: [...columns] }),
  )
}

/** Batches of one schema, some of them slices of larger ones, so that their columns start at odd places. */
export function batches(
  kinds: readonly ColumnKind[],
  count: { min: number; max: number },
  maxRows = 20,
): fc.Arbitrary<RecordBatch[]> {
  return fc.array(batch(kinds, maxRows), { minLength: count.min, maxLength: count.max }).map(withOneSchema)
}

export function batch(kinds: readonly ColumnKind[], maxRows = 20): fc.Arbitrary<RecordBatch> {
  return fc.nat(maxRows).chain((rows) =>
    fc
      .tuple(
        fc.tuple(...kinds.map((kind) => kind.column(rows))),
        fc.option(fc.tuple(fc.nat(rows), fc.nat(rows)), { freq: 2 }),
      )
      .map(([columns, cut]) => {
        const whole = batchOf(columns, rows)
        return shown(cut === null ? whole : whole.slice(Math.min(...cut), Math.max(...cut)))
      }),
  )
}

/** One to three columns of any kinds. */
export function anyKinds(kinds: readonly ColumnKind[] = ALL_KINDS): fc.Arbitrary<ColumnKind[]> {
  // Each kind once: two dictionaries of one id cannot stand in one schema.
  return fc.uniqueArray(fc.constantFrom(...kinds), { minLength: 1, maxLength: 3 })
}

function withOneSchema(all: RecordBatch[]): RecordBatch[] {
  const schema = all[0]?.schema
  return schema === undefined ? all : all.map((one) => shown(new RecordBatch(schema, one.data)))
}

/** What another process would read of a batch: through apache-arrow's own writer and reader. */
export function throughIpc(batch: RecordBatch): RecordBatch {
  const writer = new RecordBatchStreamWriter()
  writer.write(batch)
  writer.finish()
  return RecordBatchReader.from(writer.toUint8Array(true)).next().value as RecordBatch
}

/** Counterexamples show rows, not buffers. */
function shown(batch: RecordBatch): RecordBatch {
  return Object.assign(batch, { [fc.toStringMethod]: () => inspect(rowsOf(batch)) })
}
