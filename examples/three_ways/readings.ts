/** What the three pipelines have in common: readings of sensors, and which of them are kept. */
import { Field, Float64, Int32, type RecordBatch, Schema } from 'apache-arrow'
import { rowsToBatch } from 'qadataswap'

// An interface has no implicit index signature, which apache-arrow's TypeMap asks for.
// eslint-disable-next-line @typescript-eslint/consistent-type-definitions
export type Readings = { sensor: Int32; value: Float64 }

export const readingSchema = new Schema<Readings>([
  new Field('sensor', new Int32(), false),
  new Field('value', new Float64(), false),
])

export const BATCHES = 500
const ROWS = 200

/** Readings that are the same every time. */
export function* readings(): Generator<RecordBatch<Readings>> {
  for (let batch = 0; batch < BATCHES; batch++) {
    const rows = Array.from({ length: ROWS }, (_, row) => ({
      sensor: row % 8,
      value: ((batch * ROWS + row) * 7919) % 1000,
    }))
    yield rowsToBatch(rows, readingSchema)
  }
}

/** A reading that is worth an alarm. */
export const isHigh = (value: number | null): boolean => value !== null && value >= 990

/** What each of the three must find. */
export interface Alarms {
  count: number
  sum: number
}

export function addTo(alarms: Alarms, batch: RecordBatch<Readings>): void {
  const values = batch.getChild('value')!
  for (let row = 0; row < batch.numRows; row++) alarms.sum += values.get(row)!
  alarms.count += batch.numRows
}
